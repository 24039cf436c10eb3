import Crypto
import Foundation

/// Seals what must be kept and may not be read from the database alone, such as credentials of other servers.
///
/// AES-256 in GCM, with a key for each purpose that HKDF derives from the installation's secret. What was sealed for one context can't be
/// opened in another.
public struct Vault: Sendable {
    private let secret: SymmetricKey

    /// - Parameter secret: with 128 random bits or more.
    public init(secret: String) { self.secret = SymmetricKey(data: Data(secret.utf8)) }

    /// The text sealed, as base64.
    public func seal(_ text: String, for purpose: String, context: String) throws -> String {
        let box = try AES.GCM.seal(Data(text.utf8), using: key(purpose), authenticating: Data(context.utf8))
        // Nonces of 12 bytes, so it is there.
        return box.combined!.base64EncodedString()
    }

    /// Nil where it was sealed by another secret, for another purpose or context, or was changed.
    public func open(_ sealed: String, for purpose: String, context: String) -> String? {
        guard let data = Data(base64Encoded: sealed), let box = try? AES.GCM.SealedBox(combined: data),
            let opened = try? AES.GCM.open(box, using: key(purpose), authenticating: Data(context.utf8))
        else { return nil }
        return String(decoding: opened, as: UTF8.self)
    }

    /// A name for `text` that is the same each time, and that nobody without the secret can find by trying texts: 128 bits as hex.
    public func pseudonym(_ text: String, for purpose: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key("pseudonym.\(purpose)"))
        return Digest.hex(Array(code).prefix(16))
    }

    private func key(_ purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, info: Data("pulse.\(purpose)".utf8), outputByteCount: 32)
    }
}
