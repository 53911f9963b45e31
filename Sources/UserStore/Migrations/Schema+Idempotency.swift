extension Schema {
  static let idempotency = SchemaMigration(
    number: 13, name: "idempotency",
    statements: [
      // Key and request are keyed hashes; the answer is sealed, and NULL while the request is under way.
      """
      CREATE TABLE idempotent_answers (
        id text PRIMARY KEY,
        fingerprint text NOT NULL,
        holder text NOT NULL,
        reserved_at timestamptz NOT NULL DEFAULT now(),
        answer bytea
      )
      """,
      "CREATE INDEX idempotent_answers_reserved_at ON idempotent_answers (reserved_at)",
    ])
}
