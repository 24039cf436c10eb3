import Storage

/// Reads the statements that re-create the current schema's tables from PostgreSQL's catalog.
struct SchemaCatalog {
    let session: PostgreSQLSession

    /// All tables except partitions, sorted by name. The caller fills in the file and the number of rows.
    func tables() throws -> [BackupManifest.Table] {
        try session.execute(Self.tables, prepared: false).map { row in
            let name = row.text("name")
            return BackupManifest.Table(
                name: name, columns: try texts(Self.columns, name), creation: row.text("creation"),
                partitions: try texts(Self.partitions, name), completion: try texts(Self.completion, name), file: "", rows: 0
            )
        }
    }

    private func texts(_ statement: String, _ table: String) throws -> [String] {
        try session.execute(statement, [.text(table)]).map { $0.text("text") }
    }

    private static let tables = """
        SELECT c.relname AS name,
          'CREATE TABLE ' || quote_ident(c.relname) || ' (' || (
            SELECT string_agg(
              quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                || coalesce(' COLLATE ' || o.collation, '')
                || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
                || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''),
              ', ' ORDER BY a.attnum)
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              LEFT JOIN (
                SELECT l.oid, quote_ident(s.nspname) || '.' || quote_ident(l.collname) AS collation
                FROM pg_collation l JOIN pg_namespace s ON s.oid = l.collnamespace WHERE l.collname <> 'default'
              ) o ON o.oid = a.attcollation
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          ) || coalesce((
            SELECT string_agg(', CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid), '' ORDER BY k.conname)
            FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c')
          ), '') || ')' || CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) ELSE '' END AS creation
        FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY c.relname
        """

    private static let columns = """
        SELECT quote_ident(a.attname) AS text FROM pg_attribute a
        WHERE a.attrelid = quote_ident($1::text)::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
        """

    private static let partitions = """
        SELECT 'CREATE TABLE ' || quote_ident(p.relname) || ' PARTITION OF ' || quote_ident($1::text) || ' '
          || pg_get_expr(p.relpartbound, p.oid) AS text
        FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
        WHERE i.inhparent = quote_ident($1::text)::regclass AND p.relispartition ORDER BY p.relname
        """

    private static let completion = """
        SELECT text FROM (
          -- The indexes of partitions first: the table's indexes then take them in, under the names that they have.
          SELECT 0 AS step, pg_get_indexdef(x.indexrelid, 0, true) AS text
          FROM pg_inherits i JOIN pg_index x ON x.indrelid = i.inhrelid
          WHERE i.inhparent = quote_ident($1::text)::regclass
            AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)
          UNION ALL
          -- For a partitioned table PostgreSQL writes ON ONLY, which would leave the partitions without the index.
          SELECT 1, regexp_replace(pg_get_indexdef(x.indexrelid, 0, true), ' ON ONLY ', ' ON ') FROM pg_index x
          WHERE x.indrelid = quote_ident($1::text)::regclass
            AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid)
          UNION ALL
          SELECT 2, 'ALTER TABLE ' || quote_ident($1::text) || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' '
            || pg_get_constraintdef(k.oid, true)
          FROM pg_constraint k WHERE k.conrelid = quote_ident($1::text)::regclass AND k.contype = 'f'
        ) parts ORDER BY step, text
        """
}
