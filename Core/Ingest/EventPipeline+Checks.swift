import Access
import Common
@_spi(Host) import Enrichment
import HTTPTypes
import Questions
@_spi(Host) import Storage
import Synchronization

/// Decides whether an event is collected, from its type, its fields, and what its sender and the project allow.
extension EventPipeline {
    // MARK: Type and fields

    func collector(of json: JSON) throws -> Registered {
        guard json.kind == .object else {
            throw Refusal(reason: .invalidEvent, error: .body("an event must be an object; got \(json.described)."))
        }
        guard let type = json["type"], !type.isNull else {
            throw Refusal(reason: .unknownType, error: ServiceError(.missingField("type")))
        }
        guard let name = type.string, let registered = collectors[name] else {
            let sent = type.string.map { "'\($0.excerpt(60))'" } ?? type.described
            let accepted = collectors.keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw Refusal(reason: .unknownType, error: .body(field: "type", "must be one of \(accepted); got \(sent)."))
        }
        return registered
    }

    func checkModule(_ module: String, in project: Project, allowedModules: [String]?) throws {
        do { try gate(module, project, allowedModules) } catch let error as ServiceError {
            throw Refusal(reason: .named(error.code) ?? .moduleDisabled, error: error)
        }
    }

    static func checkFields(_ payload: inout Payload, _ collector: Collector, _ sender: Sender) throws {
        try refusing {
            if collector.isAboutVisitor, !sender.isPage, payload["visitor_id"] == nil {
                throw ServiceError(.missingField("visitor_id"))
            }
            try payload.check(collector.fields)
            try payload.check(Collector.commonFields)
            if let id = payload["visitor_id"], id.withUTF8({ $0.starts(with: VisitorIdentity.provisionedBytes) }) == true {
                throw ServiceError.body(
                    field: "visitor_id",
                    "must not begin with '\(VisitorIdentity.provisioned)', which is reserved for provisioned users; "
                        + "got '\(id.string?.excerpt(60) ?? "")'.")
            }
        }
    }

    /// Runs `body`, and turns its error into the refusal of the event.
    static func refusing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ServiceError {
            // `invalid_body` is reserved for whole requests; here only one event is wrong.
            let reason = DropReason.named(error.code).flatMap { $0 == .invalidBody ? nil : $0 }
            throw Refusal(reason: reason ?? .invalidEvent, error: error)
        }
    }

    // MARK: Privacy

    final class Browser: Sendable {
        let userAgent: UserAgent
        let header: String
        /// Used to compute the visitor's key and to look up the location. Shortened if the project anonymizes IP addresses.
        let address: IPAddress?

        init(userAgent: UserAgent, header: String, address: IPAddress?) {
            self.userAgent = userAgent
            self.header = header
            self.address = address
        }
    }

    func browser(_ header: String, _ address: String, of project: Project) -> Browser {
        let address = IPAddress(address)
        return Browser(
            userAgent: userAgents.parse(header), header: header,
            address: project.privacy.anonymizeIP ? address?.anonymized() : address)
    }

    func checkPrivacy(_ payload: Payload, _ sender: Sender, _ browser: Browser) throws {
        if sender.isTimed { return try steps.timePrivacy(payload, sender, browser) }
        // By index, because copying a step would retain each of its parts.
        for index in PrivacyStep.all.indices where PrivacyStep.all[index].drops(payload, sender, browser) {
            throw PrivacyStep.all[index].refusal
        }
    }
}
