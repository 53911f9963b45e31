extension Schema {
  /// The audit: append-only for everybody, and a chain. Each entry's hash covers the hash before it, so a changed, missing or
  /// inserted entry shows. `audit_chain` has one row: where the chain begins (behind what retention removed) and where it ends.
  /// Its row lock gives the entries their order; it is held from an entry's insertion to its commit.
  static let audit = SchemaMigration(
    number: 8, name: "audit",
    statements: [
      // Nothing refers to users: what somebody did outlives the somebody. The C collation lets a range be a prefix.
      """
      CREATE TABLE audit (
        id bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        action text COLLATE "C" NOT NULL,
        actor_id text,
        actor_name text,
        object text,
        detail json CHECK (json_typeof(detail) = 'object'),
        address text,
        request_id text,
        hash bytea NOT NULL
      )
      """,
      "CREATE INDEX audit_at ON audit (at, id)",
      "CREATE INDEX audit_action ON audit (action, id)",
      "CREATE INDEX audit_actor_id ON audit (actor_id, id)",
      "CREATE INDEX audit_actor_name ON audit (actor_name, id)",
      "CREATE INDEX audit_object ON audit (object, id)",
      """
      CREATE TABLE audit_chain (
        singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        first_id bigint NOT NULL DEFAULT 0,
        first_hash bytea NOT NULL DEFAULT '',
        last_id bigint NOT NULL DEFAULT 0,
        last_hash bytea NOT NULL DEFAULT '',
        last_at timestamptz NOT NULL DEFAULT now(),
        expired_at timestamptz
      )
      """,
      "INSERT INTO audit_chain DEFAULT VALUES",
      // Its length before it, so that no two rows have one text.
      """
      CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN value IS NULL THEN '-;' ELSE octet_length(value) || ':' || value || ';' END
      $$
      """,
      // The number, the time and the hash are the chain's, whatever the statement says. The actor's name is not in the hash: it
      // can be erased.
      """
      CREATE FUNCTION audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        chain audit_chain;
      BEGIN
        SELECT * INTO STRICT chain FROM audit_chain FOR UPDATE;
        NEW.id := chain.last_id + 1;
        NEW.at := greatest(clock_timestamp(), chain.last_at);
        NEW.hash := sha256(chain.last_hash || convert_to(
          audit_field(NEW.id::text) || audit_field((extract(epoch FROM NEW.at) * 1000000)::bigint::text)
          || audit_field(NEW.action) || audit_field(NEW.actor_id) || audit_field(NEW.object)
          || audit_field(NEW.detail::text) || audit_field(NEW.address) || audit_field(NEW.request_id), 'UTF8'));
        UPDATE audit_chain SET last_id = NEW.id, last_hash = NEW.hash, last_at = NEW.at;
        RETURN NEW;
      END
      $$
      """,
      """
      CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' AND current_setting('usher.audit', true) = 'retention' THEN
          RETURN OLD;
        END IF;
        IF TG_OP = 'UPDATE' AND current_setting('usher.audit', true) = 'erasure' THEN
          IF NEW.actor_name LIKE 'erased-%' AND to_jsonb(NEW) - 'actor_name' = to_jsonb(OLD) - 'actor_name' THEN
            RETURN NEW;
          END IF;
        END IF;
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
      END
      $$
      """,
      "CREATE TRIGGER audit_append BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_append()",
      "CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_guard()",
      "CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_guard()",
      // Whatever role the session plays, as for replication.
      "ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append",
      "ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_guard",
      "ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_truncate",
    ])
}
