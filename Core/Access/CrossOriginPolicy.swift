/// The pages that may use a path.
public enum Audience: Sendable {
    /// Pages of any site: event collection and the script.
    case sites
    /// Pages on which a project embeds its reports.
    case embeds
    /// Only Pulse's own pages and programs.
    case own
}

/// Which pages of other origins may read a response, and what their scripts may send. No response allows cookies.
public struct CrossOriginPolicy: Sendable {
    /// The origins in lower case, such as `https://app.example.com`; `*` for all.
    public let origins: [String]
    /// The request headers that scripts may send, separated by commas.
    public let requestHeaders: String
    /// The response headers that scripts may read, separated by commas.
    public let responseHeaders: String

    public init(origins: [String], requestHeaders: String, responseHeaders: String) {
        self.origins = origins
        self.requestHeaders = requestHeaders
        self.responseHeaders = responseHeaders
    }
}
