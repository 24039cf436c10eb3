import Synchronization

/// A value that is created on first use, for values that are expensive to create and may never be needed.
public final class Once<Value: Sendable>: Sendable {
    private let cached = Mutex<Value?>(nil)
    private let make: @Sendable () -> Value

    public init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// The value. Callers that ask while it is being created wait for it.
    public var value: Value {
        cached.withLock { cached in
            if let cached { return cached }
            let value = make()
            cached = value
            return value
        }
    }
}
