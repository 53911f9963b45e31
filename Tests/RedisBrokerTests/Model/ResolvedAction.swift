@testable import ServiceQueue

/// A step with everything written out, as it is given to the model and to the Broker.
enum ResolvedAction: Sendable {
  /// The time from now on, and what has become a day old by then.
  case clock(Int64, keys: [RememberedKey], services: [ServiceID])
  case submit([Submission])
  case perform(CommandRequest)
  case performAll([CommandRequest])
  case mode(QueueModeRequest)
  case sweep(QueueName, most: Int)
  case restore([Service])
  case erase([ServiceID], Set<QueueName>)
  case assure(QueueName, QueueVersion, Epoch)
  case read(OutboxReader, most: Int, acknowledgesAll: Bool)
  case dismiss
  case nothing

  /// True when it takes more than one round trip, so that others must not be sent meanwhile.
  var isAlone: Bool {
    switch self {
    case .perform(let request): request.command.service.map { $0.queue == nil } ?? false
    case .assure, .sweep, .erase, .read, .dismiss: true
    // A replay looks up what has ended.
    case .clock(_, _, let services): !services.isEmpty
    case .submit, .performAll, .mode, .restore, .nothing: false
    }
  }
}

/// What either side answers. Errors are without their words.
enum Answer: Hashable, Sendable {
  case submitted([SubmitOutcome])
  case performed([Result<CommandAnswer, BrokerError>])
  case mode(Result<QueueModeAnswer, BrokerError>)
  case swept(Result<Int, BrokerError>)
  case restored([RestoreOutcome])
  case erased(Set<ServiceID>)
  case assured(Result<Bool, BrokerError>)
  /// What a reader of the outbox got.
  case read([QueueEvent])
  case dismissed(Bool)
  case failed(BrokerError)
  case nothing
}

extension [OutboxEntry] {
  /// All, or every other.
  func acknowledged(all: Bool) -> [OutboxID] { enumerated().filter { all || $0.offset % 2 == 0 }.map(\.element.id) }
}

extension BrokerError {
  var bare: BrokerError { BrokerError(code, "", state: state) }
}

extension SubmitOutcome {
  var bare: SubmitOutcome {
    if case .refused(let error) = self { .refused(error.bare) } else { self }
  }
}

extension RestoreOutcome {
  var bare: RestoreOutcome {
    if case .refused(let error) = self { .refused(error.bare) } else { self }
  }
}
