import BIModule
import CohortsModule
import Core
import DashboardsModule
import ErrorTrackingModule
import FunnelsModule
import GoalsModule
import Host
import IdentityModule
import LogsModule
import OutlinksModule
import PathsModule
import RetentionModule
import RevenueModule
import ScrollModule
import SearchModule
import SegmentsModule
import TrafficModule
import UtmModule
import WebVitalsModule

extension ModuleList {
    /// The modules of the `pulse` program, alphabetically by name. `TrafficModule` is the module `core`.
    public static let all = ModuleList([
        BIModule.self,
        CohortsModule.self,
        TrafficModule.self,
        DashboardsModule.self,
        ErrorTrackingModule.self,
        FunnelsModule.self,
        GoalsModule.self,
        IdentityModule.self,
        LogsModule.self,
        OutlinksModule.self,
        PathsModule.self,
        RetentionModule.self,
        RevenueModule.self,
        ScrollModule.self,
        SearchModule.self,
        SegmentsModule.self,
        UtmModule.self,
        WebVitalsModule.self,
    ])
}
