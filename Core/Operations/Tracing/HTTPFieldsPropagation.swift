import HTTPTypes
import Instrumentation

/// Reads the trace headers of a request: `tracer.extract(headers, into: &context, using: HTTPFieldsExtractor())`.
public struct HTTPFieldsExtractor: Extractor {
    public init() {}

    /// The header's value; several fields of the same name are joined with commas.
    public func extract(key: String, from carrier: HTTPFields) -> String? { HTTPField.Name(key).flatMap { carrier[$0] } }
}

/// Writes trace headers into a request.
public struct HTTPFieldsInjector: Injector {
    public init() {}

    public func inject(_ value: String, forKey key: String, into carrier: inout HTTPFields) {
        if let name = HTTPField.Name(key) { carrier[name] = value }
    }
}
