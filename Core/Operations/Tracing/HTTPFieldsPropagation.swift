import HTTPTypes
import Instrumentation

/// Extracts the trace headers of a request: `tracer.extract(headers, into: &context, using: HTTPFieldsExtractor())`.
public struct HTTPFieldsExtractor: Extractor {
    public init() {}

    /// The value of the header. If several fields have the same name, their values are joined with commas.
    public func extract(key: String, from carrier: HTTPFields) -> String? { HTTPField.Name(key).flatMap { carrier[$0] } }
}

/// Injects trace headers into a request.
public struct HTTPFieldsInjector: Injector {
    public init() {}

    public func inject(_ value: String, forKey key: String, into carrier: inout HTTPFields) {
        if let name = HTTPField.Name(key) { carrier[name] = value }
    }
}
