public import ServiceQueue
public import UserStore

/// Links that are good for one thing without a user: what is kept of them, and the wrong ones counted.
public protocol LinkStore: Sendable {
  /// A new link of a display and its secret; throws `limitReached`. The entry is written in the same transaction.
  func createBoardLink(
    _ new: NewBoardLink, audit: AuditEntry?
  ) async throws(UserStoreError) -> (link: BoardLink, secret: String)
  /// The live ones of a queue, newest first.
  func boardLinks(of queue: QueueName) async throws(UserStoreError) -> [BoardLink]
  /// Revokes one; throws `notFound`.
  func revokeBoardLink(
    id: String, of queue: QueueName, audit: AuditEntry?
  ) async throws(UserStoreError) -> EndedSession
  /// The live one with this secret; throws `linkInvalid` or `throttled`.
  func useBoardLink(_ secret: String, from origin: LoginOrigin) async throws(UserStoreError) -> BoardLink
  /// Counts a wrong secret as a failed login from there; throws `throttled`.
  func countFailure(from origin: LoginOrigin) async throws(UserStoreError)
}

extension UserStoreActor: LinkStore {}

extension AbsentStore: LinkStore {
  func createBoardLink(
    _ new: NewBoardLink, audit: AuditEntry?
  ) async throws(UserStoreError) -> (link: BoardLink, secret: String) { throw Self.absent }
  func boardLinks(of queue: QueueName) async throws(UserStoreError) -> [BoardLink] { throw Self.absent }
  func revokeBoardLink(
    id: String, of queue: QueueName, audit: AuditEntry?
  ) async throws(UserStoreError) -> EndedSession { throw Self.absent }
  func useBoardLink(_ secret: String, from origin: LoginOrigin) async throws(UserStoreError) -> BoardLink {
    throw Self.absent
  }
  func countFailure(from origin: LoginOrigin) async throws(UserStoreError) { throw Self.absent }
}
