import FieldEncryption
import ServiceQueue

/// The statements about subjects and their erasure.
enum SubjectSQL {
  /// The list of indexes in a column that holds them one after another; NULL for NULL.
  static func list(packed column: String) -> String {
    """
    CASE WHEN \(column) IS NOT NULL THEN ARRAY(
      SELECT substring(\(column) FROM 1 + \(BlindIndex.length) * n FOR \(BlindIndex.length))
      FROM generate_series(0, octet_length(\(column)) / \(BlindIndex.length) - 1) AS n) END
    """
  }

  /// For the upsert of a service: nothing brings back what was erased, be it late, repeated or restored.
  static let keptErased = """
    personal_key = CASE WHEN service_history.erased_at IS NULL THEN excluded.personal_key END,
    personal = CASE WHEN service_history.erased_at IS NULL THEN excluded.personal END,
    subjects = CASE WHEN service_history.erased_at IS NULL THEN COALESCE(service_history.subjects, excluded.subjects) END
    """

  // Making services findable that were recorded before they could be.

  static let selectUnread = SQLStatement(
    "subject.unread",
    """
    SELECT id, personal_key, personal FROM service_history
    WHERE subjects IS NULL AND personal_key IS NOT NULL AND personal IS NOT NULL AND id > $1 ORDER BY id LIMIT $2
    """)
  static let fill = SQLStatement(
    "subject.fill",
    """
    UPDATE service_history SET subjects = \(list(packed: "new.packed"))
    FROM unnest($1, $2) AS new (id, packed)
    WHERE service_history.id = new.id AND service_history.subjects IS NULL AND service_history.personal_key IS NOT NULL
    """)

  // Erasures.

  static let columns = "id, requested_at, done_at, services"
  static let request = SQLStatement(
    "erasure.request",
    "INSERT INTO erasures (id, subjects, service_id) VALUES ($1, $2, $3) RETURNING \(columns)")
  static let selectOne = SQLStatement("erasure.by_id", "SELECT \(columns) FROM erasures WHERE id = $1")
  /// The newest first.
  static let selectPage = SQLStatement(
    "erasure.page",
    """
    SELECT \(columns) FROM erasures
    WHERE $1 IS NULL OR (requested_at, id) < ($1, $2) ORDER BY requested_at DESC, id DESC LIMIT $3
    """)
  /// Those that nobody else is at. The node that had one may have died.
  static let claim = SQLStatement(
    "erasure.claim",
    """
    UPDATE erasures SET worker = $1, worker_until = now() + interval '30 seconds'
    WHERE id IN (
      SELECT id FROM erasures
      WHERE done_at IS NULL AND (worker IS NULL OR worker = $1 OR worker_until < now())
      ORDER BY requested_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id, requested_at, services, subjects, service_id
    """)
  /// Services that came a second after the request are others: the clocks of Redis and PostgreSQL may differ by less.
  static let find = SQLStatement(
    "erasure.find",
    """
    SELECT id FROM service_history
    WHERE (subjects && $1 OR id = $2) AND erased_at IS NULL AND submitted_at < $3 + interval '1 second' LIMIT $4
    """)
  static let queues = SQLStatement(
    "erasure.queues", "SELECT DISTINCT queue FROM service_events WHERE service_id = ANY($1)")
  static let erase = SQLStatement(
    "erasure.erase",
    """
    WITH erased AS (
      UPDATE service_history SET personal_key = NULL, personal = NULL, subjects = NULL, erased_at = now()
      WHERE id = ANY($2) AND erased_at IS NULL RETURNING 1)
    UPDATE erasures SET services = services + (SELECT count(*) FROM erased),
      worker_until = now() + interval '30 seconds'
    WHERE id = $1 RETURNING services
    """)
  static let finish = SQLStatement(
    "erasure.finish",
    """
    UPDATE erasures SET done_at = now(), subjects = NULL, service_id = NULL, worker = NULL, worker_until = NULL
    WHERE id = ANY($1) AND done_at IS NULL
    """)
  static let selectErased = SQLStatement(
    "erasure.erased",
    "SELECT id FROM service_history WHERE erased_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2")
}
