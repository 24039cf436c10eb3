@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing

/// The expected keys are SHA-256 hashes computed with Python's `hashlib`.
@Suite("Keys of event ids")
struct EventIDTests {
    @Test("are those of earlier versions for ids of events and for derived ids, so stored ones are recognized")
    func kept() {
        #expect(
            VisitorIdentity.eventID("EV-1", project: 1)
                == EncodedRow.EventID(high: -8_099_093_325_455_399_154, low: 3_070_928_273_924_271_458))
        #expect(
            VisitorIdentity.eventID("2026-12-01T10:00:00Z", project: 1)
                == EncodedRow.EventID(high: -1_217_281_233_624_392_196, low: -50_687_076_357_965_859))
        #expect(
            VisitorIdentity.derivedID("order:purchase:O-9", project: 1)
                == EncodedRow.EventID(high: 3_515_861_379_281_737_746, low: 2_461_956_029_118_405_362))
    }

    @Test("of ids that were sent never equal those of derived ids")
    func kinds() {
        #expect(
            VisitorIdentity.eventID("order:purchase:O-9", project: 1)
                == EncodedRow.EventID(high: -4_351_485_183_608_730_195, low: 7_393_938_830_365_542_897))
        for id in ["order:1", "a:", "id:7", "7", "", ":", "é:1", "O:1", "order", "sent", "order\u{301}:1"] {
            let sent = VisitorIdentity.eventID(id, project: 1)
            for derived in [id, "id:" + id] { #expect(VisitorIdentity.derivedID(derived, project: 1) != sent, "\(id)") }
        }
        #expect(VisitorIdentity.derivedIDs(["order:1", "order:2", "order:1"], project: 1).count == 2)
    }
}
