import Logging
public import ServiceQueue

/// Links of displays: made by supervisors, used by whoever has the secret, revoked one by one. Only the secret's hash is kept.
extension UserStoreActor {
  private static let columns = "l.id, l.queue, l.label, l.created_by, u.username, l.created_at, l.last_used_at"
  private static let tables = "board_links l JOIN users u ON u.id = l.created_by"
  /// Those who make links of one queue take turns, so that two at once cannot both be the last that fits.
  private static let lock = SQLStatement(
    "board_link.lock", "SELECT pg_advisory_xact_lock(hashtextextended('board_links ' || $1, 0))")
  private static let insert = SQLStatement(
    "board_link.insert",
    """
    INSERT INTO board_links (id, queue, label, secret_hash, created_by) SELECT $1, $2, $3, $4, $5
    WHERE (SELECT count(*) FROM board_links WHERE queue = $2 AND revoked_at IS NULL) < \(BoardLink.most)
    """)
  private static let selectOne = SQLStatement("board_link.one", "SELECT \(columns) FROM \(tables) WHERE l.id = $1")
  private static let selectLive = SQLStatement(
    "board_link.live",
    """
    SELECT \(columns) FROM \(tables) WHERE l.queue = $1 AND l.revoked_at IS NULL
    ORDER BY l.created_at DESC, l.id DESC LIMIT \(BoardLink.most)
    """)
  private static let revoke = SQLStatement(
    "board_link.revoke",
    """
    UPDATE board_links SET revoked_at = now() WHERE id = $1 AND queue = $2 AND revoked_at IS NULL
    RETURNING id, revoked_at
    """)
  /// A display asks several times an hour for years: that it is used is written once a minute at most.
  private static let use = SQLStatement(
    "board_link.use",
    """
    WITH used AS (
      UPDATE board_links SET last_used_at = now() WHERE secret_hash = $1 AND revoked_at IS NULL
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    )
    SELECT \(columns) FROM \(tables) WHERE l.secret_hash = $1 AND l.revoked_at IS NULL
    """)
  /// By then no token of theirs can be good any more: the longest that one lives is a day.
  private static let deleteRevoked = SQLStatement(
    "board_link.delete_revoked",
    """
    DELETE FROM board_links WHERE id IN (
      SELECT id FROM board_links WHERE revoked_at < now() - interval '2 days' LIMIT 1000)
    """)

  /// Makes a link, and its secret, which is told this once. Throws `invalidArgument` for a label that is none, `limitReached` when the
  /// queue has `BoardLink.most`. Whether there is such a queue is for the caller to know.
  public func createBoardLink(
    _ new: NewBoardLink, audit: AuditEntry?
  ) async throws(UserStoreError) -> (link: BoardLink, secret: String) {
    guard new.label.map(BoardLink.isLabel) ?? true else {
      throw UserStoreError(.invalidArgument, "a label has 1 to 80 characters and no control characters")
    }
    let secret = try TokenSecret.draw()
    let queue = SQLParameter.text(new.queue.rawValue)
    let calls =
      [
        Self.lock(queue),
        Self.insert(.text(new.id), queue, .text(new.label), .bytes(secret.hash), .text(new.creatorID)),
        Self.selectOne(.text(new.id)),
      ] + (audit.map { [AuditSQL.insert($0.about(new.id), ifLinkChanged: new.id)] } ?? [])
    let link = try await translating { () async throws(SQLFailure) in
      try await self.write(calls)[2].first.map { row throws(SQLFailure) in try BoardLink(row) }
    }
    guard let link else {
      throw UserStoreError(.limitReached, "this queue has \(BoardLink.most) links: revoke one first")
    }
    return (link, secret.text)
  }

  /// The live links of a queue, newest first, without their secrets.
  public func boardLinks(of queue: QueueName) async throws(UserStoreError) -> [BoardLink] {
    try await translating { () async throws(SQLFailure) in
      try await self.read(Self.selectLive(.text(queue.rawValue)))[0].rows
        .map { row throws(SQLFailure) in try BoardLink(row) }
    }
  }

  /// Revokes a link: `sessions(endedSince:after:)` tells it as an ended session. Throws `notFound` when the queue has none of this id
  /// that is live.
  public func revokeBoardLink(
    id: String, of queue: QueueName, audit: AuditEntry?
  ) async throws(UserStoreError) -> EndedSession {
    let calls =
      [Self.revoke(.text(id), .text(queue.rawValue))]
      + (audit.map { [AuditSQL.insert($0.about(id), ifLinkChanged: id)] } ?? [])
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let ended = try Self.endedSessions(results[0]).first else {
      throw UserStoreError(.notFound, "there is no such link")
    }
    return ended
  }

  /// The live link with this secret. Any other secret counts as a failed login from there: throws `linkInvalid`, or `throttled` when
  /// there were too many. A good one is never throttled here: behind one address may hang many displays, and 256 bits are not
  /// guessed.
  public func useBoardLink(_ secret: String, from origin: LoginOrigin) async throws(UserStoreError) -> BoardLink {
    if let secret = TokenSecret(secret) {
      let call = Self.use(.bytes(secret.hash))
      let link = try await translating { () async throws(SQLFailure) in
        try await self.write([call])[0].first.map { row throws(SQLFailure) in try BoardLink(row) }
      }
      if let link { return link }
    }
    try await countFailure(from: origin)
    throw UserStoreError(.linkInvalid, "this link is not valid, or not any more: ask for another one")
  }

  /// Deletes up to 1,000 links that were revoked long ago; what fails or is left comes with the next round.
  func deleteRevokedLinks() async {
    do {
      _ = try await write([Self.deleteRevoked()])
    } catch {
      logger.warning("revoked links were not deleted", metadata: ["error": "\(UserStoreError(error))"])
    }
  }
}
