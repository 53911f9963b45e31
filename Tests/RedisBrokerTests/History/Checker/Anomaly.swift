/// Something that must not be, found in a history.
struct Anomaly: Hashable, CustomStringConvertible {
  enum Kind: String, CaseIterable {
    /// An acknowledged submission is nowhere, or a change is not in the outbox.
    case lost
    /// One idempotency key made two services, or one service is there twice, or one change is in the outbox twice.
    case duplicated
    /// Two employees had it at one time, or both ended it.
    case doublyClaimed
    /// An old fence, or one of a lease that had ended, was taken, or a foreign claim.
    case staleFenceAccepted
    /// A version of a stream was left out without a reset.
    case versionGap
    /// A version came twice, or went back, in one stream.
    case versionRepeated
    /// A copy made of events is not what the digest says, or not what Redis has.
    case copyDiffers
    /// Two observers saw different events under one version.
    case observersDiffer
    /// An event tells of what every attempt at was refused, or of what nobody asked for.
    case refusedYetHappened
    /// What was acknowledged is not in the stream with that version.
    case answerUnexplained
    /// An employee got more services than it may have at one time.
    case capacityExceeded
    /// `claim_next` gave another than the first that the employee has the skills for.
    case notTheFirst
    /// A claim from a paused queue, or without the skills for it.
    case claimForbidden
  }

  let kind: Kind
  let detail: String

  init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  var description: String { "\(kind.rawValue): \(detail)" }
}
