import BIModule
import CohortsModule
import Core
import CoreModule
import DashboardsModule
import ErrorTrackingModule
import FunnelsModule
import GoalsModule
import IdentityModule
import LogsModule
import OutlinksModule
import PathsModule
import RetentionModule
import RevenueModule
import ScrollModule
import SearchModule
import SegmentsModule
import Settings
import UtmModule
import WebVitalsModule

/// The modules in this binary, alphabetically.
public enum ModuleList {
    static let all: [any AnalyticsModule.Type] = [
        BIModule.self,
        CohortsModule.self,
        CoreModule.self,
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
    ]

    public static var names: [String] { all.map { $0.manifest.name } }

    /// Makes the modules that the configuration loads.
    /// - Throws: `ConfigurationErrors` with what is wrong in any module's settings.
    static func load(_ settings: ModulesSettings) throws -> [any AnalyticsModule] {
        var errors: [ConfigurationError] = []
        let modules: [any AnalyticsModule] = try all.compactMap { type in
            guard settings.loads(type.manifest.name) else { return nil }
            do { return try type.init(ModuleSetup(settings: settings.settings(of: type.manifest.name))) } catch let found as ConfigurationErrors {
                errors += found.errors
                return nil
            }
        }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        return modules
    }
}
