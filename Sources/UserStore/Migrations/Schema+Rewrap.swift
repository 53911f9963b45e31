extension Schema {
  static let rewrap = SchemaMigration(
    number: 14, name: "rewrap",
    statements: [
      // How far each sealed column is being sealed anew by key `key_id`, which became the primary at about `key_since`.
      """
      CREATE TABLE rewrap_progress (
        name text PRIMARY KEY,
        key_id bigint NOT NULL,
        key_since timestamptz NOT NULL DEFAULT now(),
        position text NOT NULL DEFAULT '',
        seen bigint NOT NULL DEFAULT 0,
        resealed bigint NOT NULL DEFAULT 0,
        unreadable bigint NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )
      """,
      // Which node does it. A lease in a row, since a session's advisory lock would need a connection of its own, and a node
      // that hangs would keep it.
      """
      CREATE TABLE rewrap_lease (
        only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
        owner text NOT NULL,
        until timestamptz NOT NULL
      )
      """,
    ])
}
