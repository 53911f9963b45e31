import ServiceQueue

extension HistoryEntry {
  /// Reads `HistorySQL.columns`. Throws `internal` when a value is none of the domain's.
  init(_ row: SQLRow) throws(UserStoreError) {
    do {
      let id = try row.text(0)
      guard let serviceID = ServiceID(id), let queue = QueueName(try row.text(1)), let epoch = Epoch(try row.text(2)),
        let queueVersion = UInt64(exactly: try row.int(3)), let ticket = UInt64(exactly: try row.int(4)),
        let priority = Priority(Int(try row.int(6))), let state = ServiceState(rawValue: try row.text(7)),
        let version = UInt64(exactly: try row.int(8)), let order = OrderKey(try row.int(13)),
        let requires = SkillSet(signature: try row.text(22))
      else { throw UserStoreError(.internal, "history entry \(id) holds a value that this version does not know") }
      var assignee: Assignee?
      if let id = try row.optionalText(11), let name = try row.optionalText(12) {
        assignee = Assignee(id: id, name: name)
      }
      var personal: SealedPersonalData?
      if let key = try row.optionalBytes(18), let ciphertext = try row.optionalBytes(19) {
        personal = SealedPersonalData(wrappedKey: key, ciphertext: ciphertext)
      }
      self.init(
        service: Service(
          id: serviceID, queue: queue, ticket: ticket, kind: try row.text(5), priority: priority, order: order,
          state: state, version: version, attempts: Int(try row.int(9)), requires: requires,
          submitter: try row.text(10), submittedAt: try row.timestamp(14), scheduledFor: try row.optionalTimestamp(21),
          assignee: assignee, claimedAt: try row.optionalTimestamp(15), startedAt: try row.optionalTimestamp(16),
          heldAt: try row.optionalTimestamp(23), holdUntil: try row.optionalTimestamp(24),
          endedAt: try row.optionalTimestamp(17), personal: personal),
        epoch: epoch, queueVersion: queueVersion, updatedAt: try row.timestamp(20),
        endedBy: try row.optionalText(25), waitedMilliseconds: try row.optionalInt(26),
        servedMilliseconds: try row.optionalInt(27))
    } catch let failure as SQLFailure {
      throw UserStoreError(failure)
    } catch let error as UserStoreError {
      throw error
    } catch {
      throw UserStoreError(.internal, "unexpected error")
    }
  }
}
