// Everything that a module needs from Pulse, with a single `import Core`.
@_exported import Access
@_exported import Blobs
@_exported import Common
@_exported import Definitions
@_exported import Enrichment
@_exported import HTTPTypes
@_exported import Ingest
@_exported import Jobs
@_exported import Platform
@_exported import Questions
@_exported import Settings
@_exported import Storage
