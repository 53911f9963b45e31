/// The schema, step by step. A released step is never edited; a change is a new step, in a file of its own.
enum Schema {
  static let migrations: [SchemaMigration] = [
    users, sessions, signingKeys, history, skills, openServices, sessionEnds, audit, people, signingKeyRotation,
    historyPartitions, subjects, idempotency, rewrap, olderPrograms, boardLinks,
  ]

  static let users = SchemaMigration(
    number: 1, name: "users",
    statements: [
      """
      CREATE TABLE users (
        id text PRIMARY KEY,
        username text NOT NULL,
        password_phc text NOT NULL,
        level text NOT NULL CHECK (level IN ('viewer', 'agent', 'supervisor', 'admin', 'producer')),
        queues text[],
        disabled boolean NOT NULL DEFAULT false,
        email bytea,
        display_name bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        version bigint NOT NULL DEFAULT 1
      )
      """,
      // The C collation folds ASCII alone, whatever the database's language; names are ASCII.
      """
      CREATE UNIQUE INDEX users_username ON users (lower(username COLLATE "C"))
      """,
      "CREATE INDEX users_updated_at ON users (updated_at)",
    ])

  static let sessions = SchemaMigration(
    number: 2, name: "sessions",
    statements: [
      // One login and what was refreshed from it. Revoking is one row, so that no token issued meanwhile escapes it.
      """
      CREATE TABLE refresh_families (
        id text PRIMARY KEY,
        user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
      )
      """,
      "CREATE INDEX refresh_families_user_id ON refresh_families (user_id)",
      "CREATE INDEX refresh_families_expires_at ON refresh_families (expires_at)",
      """
      CREATE TABLE refresh_tokens (
        token_hash bytea PRIMARY KEY,
        family_id text NOT NULL REFERENCES refresh_families (id) ON DELETE CASCADE,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      )
      """,
      "CREATE INDEX refresh_tokens_family_id ON refresh_tokens (family_id)",
    ])

  static let signingKeys = SchemaMigration(
    number: 3, name: "signing-keys",
    statements: [
      """
      CREATE TABLE signing_keys (
        kid text PRIMARY KEY,
        public_key bytea NOT NULL,
        private_key bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        retired_at timestamptz
      )
      """
    ])

  static let history = SchemaMigration(
    number: 4, name: "history",
    statements: [
      """
      CREATE TABLE service_history (
        id text PRIMARY KEY,
        queue text NOT NULL,
        epoch text NOT NULL,
        queue_version bigint NOT NULL,
        ticket bigint NOT NULL,
        kind text NOT NULL,
        priority bigint NOT NULL,
        state text NOT NULL,
        version bigint NOT NULL,
        attempts bigint NOT NULL,
        submitter text NOT NULL,
        assignee_id text,
        assignee_name text,
        order_ticks bigint NOT NULL,
        submitted_at timestamptz NOT NULL,
        claimed_at timestamptz,
        started_at timestamptz,
        ended_at timestamptz,
        personal_key bytea,
        personal bytea,
        updated_at timestamptz NOT NULL
      )
      """,
      "CREATE INDEX service_history_submitted ON service_history (submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_queue ON service_history (queue, submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_assignee_id ON service_history (assignee_id, submitted_at DESC)",
      "CREATE INDEX service_history_assignee_name ON service_history (assignee_name, submitted_at DESC)",
      """
      CREATE TABLE service_events (
        queue text NOT NULL,
        epoch text NOT NULL,
        version bigint NOT NULL,
        type text NOT NULL,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        service_id text,
        state text,
        PRIMARY KEY (queue, epoch, version)
      )
      """,
      "CREATE INDEX service_events_service_id ON service_events (service_id)",
    ])

  static let skills = SchemaMigration(
    number: 5, name: "skills",
    statements: [
      """
      ALTER TABLE users
        ADD COLUMN skills text[] NOT NULL DEFAULT '{}',
        ADD COLUMN capacity bigint CHECK (capacity BETWEEN 1 AND 10000)
      """
    ])

  static let openServices = SchemaMigration(
    number: 6, name: "open-services",
    statements: [
      // `requires` is the words in order, joined by commas: the set as Redis knows it.
      """
      ALTER TABLE service_history
        ADD COLUMN scheduled_for timestamptz,
        ADD COLUMN requires text NOT NULL DEFAULT '',
        ADD COLUMN held_at timestamptz,
        ADD COLUMN hold_until timestamptz
      """,
      "CREATE INDEX service_history_open ON service_history (queue, id) WHERE ended_at IS NULL",
    ])

  static let sessionEnds = SchemaMigration(
    number: 7, name: "session-ends",
    statements: [
      // Every node looks several times a second at what ended lately.
      "CREATE INDEX refresh_families_revoked_at ON refresh_families (revoked_at) WHERE revoked_at IS NOT NULL"
    ])

  static let olderPrograms = SchemaMigration(
    number: 15, name: "older-programs",
    statements: [
      // Which step a program must know at least to work with the database after this one; see `SchemaMigration.needs`.
      "ALTER TABLE schema_migrations ADD COLUMN needs bigint"
    ],
    needs: 14)
}
