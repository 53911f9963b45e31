extension Schema {
  static let boardLinks = SchemaMigration(
    number: 16, name: "board-links",
    statements: [
      // Whoever brings the secret sees one queue as a display does. Revoked links stay for as long as their tokens could live.
      """
      CREATE TABLE board_links (
        id text PRIMARY KEY,
        queue text NOT NULL,
        label text,
        secret_hash bytea NOT NULL UNIQUE,
        created_by text NOT NULL REFERENCES users (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        revoked_at timestamptz
      )
      """,
      "CREATE INDEX board_links_live ON board_links (queue, created_at) WHERE revoked_at IS NULL",
      // Every node looks several times a second at what ended lately.
      "CREATE INDEX board_links_revoked_at ON board_links (revoked_at) WHERE revoked_at IS NOT NULL",
    ],
    needs: 15)
}
