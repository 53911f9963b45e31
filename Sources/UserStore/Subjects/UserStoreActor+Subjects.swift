import ServiceQueue

extension UserStoreActor {
  /// Notes that everyone known by `indexes`, and the service `serviceID`, is to be forgotten; `audit` is written in the same
  /// transaction, about the erasure.
  func requestErasure(
    of indexes: [[UInt8]], serviceID: ServiceID?, audit: AuditEntry?
  ) async throws(UserStoreError) -> Erasure {
    let id = try UserRules.newID()
    let request = SubjectSQL.request(.text(id), .byteStrings(indexes), .text(serviceID?.rawValue))
    let entry = audit.map { AuditSQL.insert($0.about(id)) }
    return try await translating { () async throws(SQLFailure) in
      guard let row = try await self.write([request] + (entry.map { [$0] } ?? []))[0].first else {
        throw .unreadable(column: 0)
      }
      return try Erasure(row)
    }
  }

  /// The erasure with this id; throws `notFound`.
  func erasure(id: String) async throws(UserStoreError) -> Erasure {
    let found = try await translating { () async throws(SQLFailure) in
      try await self.read(SubjectSQL.selectOne(.text(id)))[0].first.map { row throws(SQLFailure) in try Erasure(row) }
    }
    guard let found else { throw UserStoreError(.notFound, "there is no such erasure") }
    return found
  }

  /// A page of erasures, the newest first. Throws `invalidArgument` when the limit is not 1 to 500.
  func erasures(after cursor: ErasureCursor?, limit: Int) async throws(UserStoreError) -> ErasurePage {
    guard UserRules.pageLimit.contains(limit) else { throw UserStoreError(.invalidArgument, "limit is 1 to 500") }
    let call = SubjectSQL.selectPage(.timestamp(cursor?.requestedAt), .text(cursor?.id), .int(Int64(limit) + 1))
    let all = try await translating { () async throws(SQLFailure) in
      try await self.read(call)[0].rows.map { row throws(SQLFailure) in try Erasure(row) }
    }
    let page = Array(all.prefix(limit))
    return ErasurePage(erasures: page, next: all.count > limit ? page.last.map(ErasureCursor.init(after:)) : nil)
  }

  // For the Eraser.

  /// Takes on pending erasures, at most `limit`, for a while.
  func claimErasures(worker: String, limit: Int) async throws(UserStoreError) -> [ErasureOrder] {
    try await translating { () async throws(SQLFailure) in
      try await self.write([SubjectSQL.claim(.text(worker), .int(Int64(limit)))])[0].rows
        .map { row throws(SQLFailure) in try ErasureOrder(row) }
    }
  }

  /// Services that are to be erased, at most `limit`, and the queues in which they have been.
  func services(
    toErase order: ErasureOrder, limit: Int
  ) async throws(UserStoreError) -> (ids: [ServiceID], queues: Set<QueueName>) {
    let find = SubjectSQL.find(
      .byteStrings(order.subjects), .text(order.serviceID), .timestamp(order.requestedAt), .int(Int64(limit)))
    let ids = try await texts(find).compactMap { ServiceID($0) }
    return (ids, ids.isEmpty ? [] : try await queues(of: ids))
  }

  /// The queues in which these services have been.
  func queues(of ids: [ServiceID]) async throws(UserStoreError) -> Set<QueueName> {
    Set(try await texts(SubjectSQL.queues(.texts(ids.map(\.rawValue)))).compactMap { QueueName($0) })
  }

  /// Destroys the data keys of services, and the personal data; nothing brings them back. Answers for how many services the erasure
  /// has done so.
  func erase(_ ids: [ServiceID], for order: ErasureOrder) async throws(UserStoreError) -> Int64 {
    let call = SubjectSQL.erase(.text(order.id), .texts(ids.map(\.rawValue)))
    return try await translating { () async throws(SQLFailure) in
      try await self.write([call])[0].first?.int(0) ?? 0
    }
  }

  /// The erasures are done, and forget whom they were about.
  func finishErasures(_ ids: [String]) async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in
      try await self.write([SubjectSQL.finish(.texts(ids))])
    }
  }

  /// Services that were erased, by id, at most `limit` after `last`.
  func erasedServices(after last: ServiceID?, limit: Int) async throws(UserStoreError) -> [ServiceID] {
    try await texts(SubjectSQL.selectErased(.text(last?.rawValue ?? ""), .int(Int64(limit))))
      .compactMap { ServiceID($0) }
  }

  /// Services whose customers nobody has looked at, by id, at most `limit` after `last`.
  func unreadServices(
    after last: ServiceID?, limit: Int
  ) async throws(UserStoreError) -> [(id: ServiceID, personal: SealedPersonalData)] {
    let rows = try await translating { () async throws(SQLFailure) in
      try await self.read(SubjectSQL.selectUnread(.text(last?.rawValue ?? ""), .int(Int64(limit))))[0].rows
        .map { row throws(SQLFailure) in (try row.text(0), try row.bytes(1), try row.bytes(2)) }
    }
    return rows.compactMap { id, key, text in
      ServiceID(id).map { ($0, SealedPersonalData(wrappedKey: key, ciphertext: text)) }
    }
  }

  /// Notes by what the customers of services can be found.
  func note(subjects: [(id: ServiceID, packed: [UInt8])]) async throws(UserStoreError) {
    guard !subjects.isEmpty else { return }
    let call = SubjectSQL.fill(.texts(subjects.map(\.id.rawValue)), .byteStrings(subjects.map(\.packed)))
    _ = try await translating { () async throws(SQLFailure) in try await self.write([call]) }
  }

  private func texts(_ call: SQLCall) async throws(UserStoreError) -> [String] {
    try await translating { () async throws(SQLFailure) in
      try await self.read(call)[0].rows.map { row throws(SQLFailure) in try row.text(0) }
    }
  }
}
