extension Schema {
  static let signingKeyRotation = SchemaMigration(
    number: 10, name: "signing-key-rotation",
    statements: [
      // A key is published before it signs. A retired one is remembered for a while, without its private half.
      """
      ALTER TABLE signing_keys
        ADD COLUMN activates_at timestamptz,
        ALTER COLUMN private_key DROP NOT NULL
      """,
      "UPDATE signing_keys SET activates_at = created_at",
      "UPDATE signing_keys SET private_key = NULL WHERE retired_at IS NOT NULL",
      """
      ALTER TABLE signing_keys
        ALTER COLUMN activates_at SET NOT NULL,
        ADD CONSTRAINT signing_keys_private_key CHECK (private_key IS NOT NULL OR retired_at IS NOT NULL)
      """,
      // What a refresh under an idempotency key answered, sealed, for as long as it may be asked for again.
      """
      ALTER TABLE refresh_tokens
        ADD COLUMN replay_key bytea,
        ADD COLUMN successor bytea,
        ADD CONSTRAINT refresh_tokens_successor CHECK ((replay_key IS NULL) = (successor IS NULL))
      """,
      "CREATE INDEX refresh_tokens_successor ON refresh_tokens (used_at) WHERE successor IS NOT NULL",
      // Who a user is at an OpenID provider.
      """
      ALTER TABLE users
        ADD COLUMN oidc_issuer text,
        ADD COLUMN oidc_subject text,
        ADD CONSTRAINT users_oidc CHECK ((oidc_issuer IS NULL) = (oidc_subject IS NULL))
      """,
      "CREATE UNIQUE INDEX users_oidc ON users (oidc_issuer, oidc_subject) WHERE oidc_issuer IS NOT NULL",
    ])
}
