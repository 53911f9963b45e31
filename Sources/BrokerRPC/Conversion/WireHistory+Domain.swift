import ServiceQueue

extension WireRestoreOutcome {
  init(_ outcome: RestoreOutcome) {
    self.init()
    switch outcome {
    case .known: known = Known()
    case .restored(let service): restored = WireService(service)
    case .ended(let service): ended = WireService(service)
    case .refused(let error): refused = WireError(error)
    }
  }

  func domain() throws(Unreadable) -> RestoreOutcome {
    switch outcome {
    case .known: .known
    case .restored(let service): .restored(try service.domain())
    case .ended(let service): .ended(try service.domain())
    case .refused(let error): .refused(error.domain)
    case nil: throw Unreadable("outcome is missing")
    }
  }
}

extension WireLogRewrite {
  init(_ rewrite: LogRewrite) {
    switch rewrite {
    case .begun: self = .begun
    case .isBusy: self = .busy
    case .hasNone: self = .none
    case .isRefused: self = .refused
    }
  }

  func domain() throws(Unreadable) -> LogRewrite {
    switch self {
    case .begun: .begun
    case .busy: .isBusy
    case .none: .hasNone
    case .refused: .isRefused
    case .unspecified, .UNRECOGNIZED: throw unknown("rewrite")
    }
  }
}

extension WireOutboxReader {
  init(_ reader: OutboxReader) {
    switch reader {
    case .history: self = .history
    case .events: self = .events
    }
  }

  func domain() throws(Unreadable) -> OutboxReader {
    switch self {
    case .history: .history
    case .events: .events
    case .unspecified, .UNRECOGNIZED: throw unknown("reader")
    }
  }
}

extension WireOutboxID {
  init(_ id: OutboxID) {
    self.init()
    milliseconds = id.milliseconds
    sequence = id.sequence
  }

  func domain() throws(Unreadable) -> OutboxID { try OutboxID("\(milliseconds)-\(sequence)").read("id") }
}

extension WireOutboxEntry {
  init(_ entry: OutboxEntry) {
    self.init()
    id = WireOutboxID(entry.id)
    event = WireQueueEvent(entry.event)
  }

  func domain() throws(Unreadable) -> OutboxEntry {
    OutboxEntry(id: try id.domain(), event: try event.domain())
  }
}
