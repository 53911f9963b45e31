extension Schema {
  static let subjects = SchemaMigration(
    number: 12, name: "subjects",
    statements: [
      // Blind indexes of the customer, null where nobody has looked yet. A service whose personal data were erased stays without them.
      """
      ALTER TABLE service_history
        ADD COLUMN subjects bytea[],
        ADD COLUMN erased_at timestamptz
      """,
      "CREATE INDEX service_history_subjects ON service_history USING gin (subjects)",
      "CREATE INDEX service_history_erased ON service_history (id) WHERE erased_at IS NOT NULL",
      """
      CREATE INDEX service_history_unread ON service_history (id)
      WHERE subjects IS NULL AND personal_key IS NOT NULL
      """,
      // While it is pending, an erasure knows what to look for; then it forgets it. `worker` is the node that has it until then.
      """
      CREATE TABLE erasures (
        id text PRIMARY KEY,
        requested_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
        done_at timestamptz,
        services bigint NOT NULL DEFAULT 0,
        subjects bytea[],
        service_id text,
        worker text,
        worker_until timestamptz
      )
      """,
      "CREATE INDEX erasures_requested_at ON erasures (requested_at, id)",
      "CREATE INDEX erasures_pending ON erasures (requested_at) WHERE done_at IS NULL",
    ])
}
