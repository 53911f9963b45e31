extension Schema {
  static let audit = SchemaMigration(
    number: 8, name: "audit",
    statements: [
      // Nothing refers to users: what somebody did outlives the somebody.
      """
      CREATE TABLE audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        action text NOT NULL,
        actor_id text,
        actor_name text,
        object text,
        detail text,
        address text,
        request_id text
      )
      """,
      "CREATE INDEX audit_at ON audit (at)",
      "CREATE INDEX audit_actor_id ON audit (actor_id, id)",
      "CREATE INDEX audit_object ON audit (object, id)",
    ])
}
