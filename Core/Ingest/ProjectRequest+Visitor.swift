import Access

extension ProjectRequest {
    /// The key of the visitor with this id in the request's project, as rows and blobs about visitors have it.
    public func visitor(_ id: String) -> Int64 { VisitorIdentity.key(of: id, project: project.number) }
}
