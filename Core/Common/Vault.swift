import Crypto
import Foundation

/// Encrypts values, such as credentials for other servers, that are stored but must not be readable from the database alone.
///
/// Uses AES-256-GCM with a separate key for each purpose, which HKDF derives from the installation's secret. A value sealed for one context
/// can't be opened in another.
public struct Vault: Sendable {
    private let secret: SymmetricKey

    /// - Parameter secret: the installation's secret, with 128 or more random bits.
    public init(secret: String) { self.secret = SymmetricKey(data: Data(secret.utf8)) }

    /// Encrypts `text` and returns it as base64.
    public func seal(_ text: String, for purpose: String, context: String) throws -> String {
        let box = try AES.GCM.seal(Data(text.utf8), using: key(purpose), authenticating: Data(context.utf8))
        // Never nil for the default 12-byte nonce.
        return box.combined!.base64EncodedString()
    }

    /// Decrypts a sealed text. Returns nil if it was sealed with another secret, purpose or context, or has been modified.
    public func open(_ sealed: String, for purpose: String, context: String) -> String? {
        guard let data = Data(base64Encoded: sealed), let box = try? AES.GCM.SealedBox(combined: data),
            let opened = try? AES.GCM.open(box, using: key(purpose), authenticating: Data(context.utf8))
        else { return nil }
        return String(decoding: opened, as: UTF8.self)
    }

    /// A stable pseudonym for `text`, 128 bits as hex. Without the secret, nobody can find the text by guessing.
    public func pseudonym(_ text: String, for purpose: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key("pseudonym.\(purpose)"))
        return Digest.hex(Array(code).prefix(16))
    }

    private func key(_ purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, info: Data("pulse.\(purpose)".utf8), outputByteCount: 32)
    }
}
