/// What is wrong with a request, as data. A surface writes its own sentence, status and details from it.
///
/// The gate, `Resource`, query parameters and request bodies give their errors evidence. Other errors have only a sentence.
public enum Evidence: Sendable, Equatable {
    /// The kinds of credentials that routes ask for.
    public enum Credential: String, Sendable {
        /// A key of a project, or whatever a surface has in its place.
        case key
        /// The admin token, or a key with the scope `admin`.
        case administrator
    }

    /// The request has no credential.
    case missingCredential(Credential)
    /// The credential is unknown, has expired or was revoked.
    case invalidCredential(Credential)
    /// A rate limit is exceeded. The next request is allowed after `seconds`.
    case rateLimited(seconds: Int)
    /// The caller lacks a scope. `parameter` is the query parameter that asks for it; nil if the whole route does.
    case missingScope(String, parameter: String?)
    /// The project has switched the module off.
    case moduleOff(String)
    /// The project's level for the module doesn't include this access: `read` or `write`.
    case moduleAccess(String, access: String)
    /// The caller is limited to other modules. `byLink` if a public token is the credential.
    case moduleForbidden(String, byLink: Bool)
    /// The caller is limited to some modules, and the route concerns the whole project.
    case limitedToModules
    /// The request comes from a page of an origin that may not send it.
    case foreignOrigin
    /// The maker of what is due to run no longer has any rights.
    case makerGone(Maker)
    /// The maker of what is due to run lacks a scope.
    case makerScope(Maker, scope: String)
    /// The caller may use several projects, and the request doesn't say which one it is for.
    case missingProject
    /// There is no such resource, or it belongs to someone else.
    case notFound(resource: String, id: String)
    /// No route has this path.
    case unknownPath
    /// The path has no route with this method. `allowed` lists its methods, such as `GET, HEAD`.
    case wrongMethod(String, path: String, allowed: String)
    /// The request body is invalid. `field` is the path of the field, such as `steps[0].name`; nil for the whole body. `constraint` says
    /// what is accepted and what came: `must be true or false; got 3.`
    case body(field: String?, constraint: String)
    /// A field of the request body is of the right type, but its content is wrong: `reason` is a sentence about it. `place` is the place in
    /// the field's text, such as `line 2, column 7`; nil if the field has none.
    case content(field: String, place: String?, reason: String)
    /// The request body lacks the required field with this path.
    case missingField(String)
    /// The request body has a field with a name that isn't accepted.
    case unknownField(String, accepted: [String])
    /// A query parameter is invalid. `constraint` says what is accepted and what came.
    case parameter(String, constraint: String)
    /// Another resource has this value in a field whose values are unique.
    case duplicate(resource: String, field: String, value: String)
    /// The request body has more than `limit` bytes.
    case bodyTooLarge(limit: Int)
    /// An internal failure. The log has the details under the request's id.
    case failure(requestID: String)
}

extension Evidence {
    var status: Int {
        switch self {
        case .missingCredential, .invalidCredential: 401
        case .rateLimited: 429
        case .missingScope, .moduleOff, .moduleAccess, .moduleForbidden, .limitedToModules, .foreignOrigin, .makerGone, .makerScope: 403
        case .notFound, .unknownPath: 404
        case .wrongMethod: 405
        case .missingProject, .body, .content, .missingField, .unknownField, .parameter, .duplicate: 400
        case .bodyTooLarge: 413
        case .failure: 500
        }
    }

    var code: String {
        switch self {
        case .missingCredential(.key): "missing_key"
        case .missingCredential(.administrator): "missing_admin_token"
        case .invalidCredential(.key): "invalid_key"
        case .invalidCredential(.administrator): "invalid_admin_token"
        case .rateLimited: "rate_limited"
        case .missingScope: "missing_scope"
        case .moduleOff: "module_disabled"
        case .moduleAccess: "module_access"
        case .moduleForbidden, .limitedToModules: "key_modules"
        case .foreignOrigin: "foreign_origin"
        case .makerGone, .makerScope: "maker_rights"
        case .missingProject: "missing_project"
        case .notFound, .unknownPath: "not_found"
        case .wrongMethod: "method_not_allowed"
        case .body, .content, .missingField, .unknownField, .duplicate: "invalid_body"
        case .parameter: "invalid_parameter"
        case .bodyTooLarge: "body_too_large"
        case .failure: "internal"
        }
    }

    /// The sentence for surfaces that have no own words for this.
    var sentence: String {
        switch self {
        case .missingCredential: "The request has no credentials."
        case .invalidCredential: "The credentials are unknown, expired or revoked."
        case .rateLimited(let seconds): "Too many requests. Try again in \(seconds.counting("second"))."
        case .missingScope(let scope, nil): "The '\(scope)' permission is required."
        case .missingScope(let scope, let parameter?): "The '\(scope)' permission is required for '\(parameter)'."
        case .moduleOff(let module): "Module '\(module)' is not enabled for this project."
        case .moduleAccess(let module, let access): "Module '\(module)' does not allow \(access) access for this project."
        case .moduleForbidden(let module, _): "The credentials are not allowed to use module '\(module)'."
        case .limitedToModules: "The credentials are limited to some modules; this concerns the whole project."
        case .foreignOrigin: "Pages of this origin may not send this request."
        case .makerGone(.nobody): "This was made by someone for whom nothing may run later."
        case .makerGone(let maker): "\(Self.noun(maker)) no longer exists, or has no rights here. Create it again with valid credentials."
        case .makerScope(let maker, let scope):
            "\(Self.noun(maker)) does not have the '\(scope)' permission. Grant it, or create this again with credentials that have it."
        case .missingProject: "The credentials are valid for several projects or none; the request must name one."
        case .notFound(let resource, let id): "\(resource) '\(id)' not found."
        case .unknownPath: "Not found"
        case .wrongMethod(let method, let path, let allowed):
            "\(method.excerpt(20)) is not supported at \(path.excerpt()); allowed: \(allowed)."
        case .body(nil, let constraint): "Invalid request body: \(constraint)"
        case .body(let field?, let constraint): "Invalid request body: field '\(field)' \(constraint)"
        case .content(let field, let place, let reason):
            "Invalid request body: field '\(field)'\(place.map { ", \($0)" } ?? ""): \(reason)"
        case .missingField(let field): "Invalid request body: missing required field '\(field)'."
        case .unknownField(let name, let accepted):
            "Invalid request body: unknown field '\(name)'; accepted fields are \(accepted.map { "'\($0)'" }.joined(separator: ", "))."
        case .parameter(let name, let constraint): "Invalid query parameter '\(name)': \(constraint)"
        case .duplicate(let resource, let field, let value):
            "Invalid request body: a \(resource) with \(field) '\(value.excerpt(60))' already exists."
        case .bodyTooLarge(let limit): "The request body is too large; the limit is \(limit) bytes."
        case .failure(let id): "An internal error occurred. The log has the details under request id \(id)."
        }
    }

    /// The path of the wrong field in the request body; nil if the error isn't about a field.
    public var field: String? {
        switch self {
        case .body(let field, _): field
        case .content(let field, _, _), .missingField(let field), .unknownField(let field, _): field
        default: nil
        }
    }

    private static func noun(_ maker: Maker) -> String {
        switch maker {
        case .module: "The module that made this"
        case .key: "The key that this was made with"
        case .administrator: "The administrator who made this"
        case .member(_, let kind, let id): "The \(kind) '\(id.excerpt(60))' who made this"
        case .nobody: "Whoever made this"
        }
    }
}
