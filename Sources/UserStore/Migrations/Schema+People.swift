extension Schema {
  static let people = SchemaMigration(
    number: 9, name: "people",
    statements: [
      // No password: the user was invited and has not come yet, or is erased. Of an erased user the row stays, without the person.
      """
      ALTER TABLE users
        ALTER COLUMN password_phc DROP NOT NULL,
        ADD COLUMN email_index bytea,
        ADD COLUMN erased_at timestamptz
      """,
      "CREATE INDEX users_email_index ON users (email_index) WHERE email_index IS NOT NULL",
      // Addresses from before are given their index by the running server, which has the keys.
      "CREATE INDEX users_without_email_index ON users (id) WHERE email IS NOT NULL AND email_index IS NULL",
      """
      CREATE TABLE user_invitations (
        user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
        token_hash bytea NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      )
      """,
      // From where a session was begun; sealed, but for the keyed hash by which a known place is told.
      """
      ALTER TABLE refresh_families
        ADD COLUMN address bytea,
        ADD COLUMN user_agent bytea,
        ADD COLUMN network_hash bytea
      """,
      "CREATE INDEX refresh_families_live ON refresh_families (user_id, created_at) WHERE revoked_at IS NULL",
      // Whatever the key stands for, it is a keyed hash: no name and no address can be read from it.
      """
      CREATE TABLE login_failures (
        key bytea PRIMARY KEY,
        failures bigint NOT NULL,
        failed_at timestamptz NOT NULL
      )
      """,
      "CREATE INDEX login_failures_failed_at ON login_failures (failed_at)",
      // Names that the history still has to lose, sealed until it has.
      """
      CREATE TABLE user_erasures (
        user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
        name bytea NOT NULL,
        erased_at timestamptz NOT NULL DEFAULT now()
      )
      """,
    ])
}
