import Logging

/// Failed logins, counted where every node sees them.
extension UserStoreActor {
  private static let selectFailures = SQLStatement(
    "login.failures",
    """
    SELECT key, failures, (extract(epoch FROM now() - failed_at) * 1000)::bigint FROM login_failures
    WHERE key = ANY($1)
    """)
  private static let selectHome = SQLStatement(
    "login.home",
    #"""
    SELECT EXISTS (
      SELECT 1 FROM refresh_families f JOIN users u ON u.id = f.user_id
      WHERE lower(u.username COLLATE "C") = lower($1 COLLATE "C") AND f.network_hash = $2
        AND f.revoked_at IS NULL AND f.expires_at > now())
    """#)
  private static let addFailure = SQLStatement(
    "login.add_failure",
    """
    INSERT INTO login_failures AS f (key, failures, failed_at) VALUES ($1, 1, now())
    ON CONFLICT (key) DO UPDATE SET failed_at = now(), failures = LEAST(
      GREATEST(f.failures - floor(extract(epoch FROM now() - f.failed_at) / $2)::bigint, 0) + 1, $3)
    """)
  private static let deleteFailures = SQLStatement(
    "login.delete_failures", "DELETE FROM login_failures WHERE key = ANY($1)")
  /// After a day no count is left of any failure.
  private static let pruneFailures = SQLStatement(
    "login.prune_failures",
    """
    DELETE FROM login_failures WHERE key IN (
      SELECT key FROM login_failures WHERE failed_at < now() - interval '1 day' LIMIT 10000)
    """)

  /// What is counted against one attempt.
  struct Attempt: Sendable {
    /// The account, or the account at home, whichever holds here.
    fileprivate let account: [UInt8]
    /// Where the attempt comes from; nil when that is not known.
    fileprivate let network: [UInt8]?
    /// Whether anything is counted against the account.
    fileprivate let hasFailures: Bool
  }

  /// Carries out `calls`, which only read, and looks in the same round trip at the failures that count against a login with this
  /// name from there. Throws `throttled` with the time to wait.
  ///
  /// At home, where the user has a live session, the failures of others elsewhere do not count, only those there with this name.
  func beginAttempt(
    _ username: String, from origin: LoginOrigin, reading calls: [SQLCall]
  ) async throws(UserStoreError) -> (attempt: Attempt, results: [SQLResult]) {
    let network = origin.network ?? ""
    let keys = (
      account: try failureKey(.account(username)), network: try failureKey(.network(network)),
      home: try failureKey(.home(username, network))
    )
    let isName = UserRules.isUsername(username)
    let throttle = LoginThrottle.network(free: configuration.loginFailuresPerNetwork)
    var group = calls
    group.append(Self.selectFailures(.byteStrings([keys.account, keys.network, keys.home])))
    if isName { group.append(Self.selectHome(.text(username), .bytes(try networkHash(network)))) }
    let sent = group
    let results = try await translating { () async throws(SQLFailure) in try await self.read(sent) }
    do {
      let isHome = try isName && origin.network != nil && results[calls.count + 1].first?.bool(0) == true
      let account = isHome ? keys.home : keys.account
      var wait: Int64 = 0
      var hasFailures = false
      for row in results[calls.count].rows {
        let (key, failures, elapsed) = (try row.bytes(0), try row.int(1), try row.int(2))
        if key == account {
          hasFailures = true
          wait = max(wait, LoginThrottle.account.wait(failures: failures, elapsed: elapsed) ?? 0)
        } else if key == keys.network, !isHome {
          wait = max(wait, throttle.wait(failures: failures, elapsed: elapsed) ?? 0)
        }
      }
      guard wait == 0 else { throw UserStoreError.throttled(milliseconds: wait) }
      return (
        Attempt(account: account, network: origin.network == nil ? nil : keys.network, hasFailures: hasFailures),
        results
      )
    } catch let failure as SQLFailure {
      throw UserStoreError(failure)
    } catch let error as UserStoreError {
      throw error
    } catch {
      throw UserStoreError(.internal, "unexpected error")
    }
  }

  /// The password was wrong, or there is no such user: the same is written for both.
  func failed(_ attempt: Attempt) async throws(UserStoreError) {
    var calls = [Self.failure(attempt.account, .account)]
    if let key = attempt.network {
      calls.append(Self.failure(key, .network(free: configuration.loginFailuresPerNetwork)))
    }
    let sent = calls
    _ = try await translating { () async throws(SQLFailure) in try await self.write(sent) }
  }

  /// Counts a secret that names nobody, such as a wrong link's, against whoever comes from there. Throws `throttled` when they are to
  /// wait; it is not counted then, as a password that is not looked at.
  public func countFailure(from origin: LoginOrigin) async throws(UserStoreError) {
    guard let network = origin.network else { return }
    let key = try failureKey(.network(network))
    let throttle = LoginThrottle.network(free: configuration.loginFailuresPerNetwork)
    let wait = try await translating { () async throws(SQLFailure) in
      try await self.read(Self.selectFailures(.byteStrings([key])))[0].first.flatMap { row throws(SQLFailure) in
        throttle.wait(failures: try row.int(1), elapsed: try row.int(2))
      }
    }
    if let wait { throw UserStoreError.throttled(milliseconds: wait) }
    let call = Self.failure(key, throttle)
    _ = try await translating { () async throws(SQLFailure) in try await self.write([call]) }
  }

  /// The password was right: the account's failures are forgotten, the address' are not. Best effort: they sink by themselves.
  func succeeded(_ attempt: Attempt) async {
    guard attempt.hasFailures else { return }
    do {
      _ = try await write([Self.forgetFailures(attempt.account)])
    } catch {
      logger.warning("failed logins were not forgotten", metadata: ["error": "\(UserStoreError(error))"])
    }
  }

  static func forgetFailures(_ key: [UInt8]) -> SQLCall { deleteFailures(.byteStrings([key])) }

  /// Deletes up to 10,000 counts that are nothing any more.
  func pruneLoginFailures() async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in try await self.write([Self.pruneFailures()]) }
  }

  private static func failure(_ key: [UInt8], _ throttle: LoginThrottle) -> SQLCall {
    addFailure(.bytes(key), .int(throttle.decay), .int(throttle.most))
  }
}
