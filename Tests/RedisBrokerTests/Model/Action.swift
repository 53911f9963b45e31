import ServiceQueue

/// One step of a random sequence. What depends on what happened before (a fence, a version, a moment) is named and not written
/// out, so that the step keeps its meaning when others before it are left out.
enum Action: Sendable {
  /// Time goes on by so many milliseconds.
  case advance(Int64)
  case submit([Item])
  case perform(Order)
  case performAll([Order])
  /// The request under a key that was made so many such requests ago, once more.
  case again(Int)
  case mode(QueueMode, queue: Int, actor: Int, key: Int?)
  case sweep(queue: Int, most: Int)
  case restore([Known])
  /// The personal data of services with these numbers, as if they had been in these queues.
  case erase([Int], queues: Set<Int>)
  /// The queue was seen this much ahead of where it is, in this epoch or another.
  case assure(queue: Int, ahead: Int, inThisEpoch: Bool)
  /// The reader of the outbox reads so much, and acknowledges all of it or, as the history may, every other entry.
  case read(OutboxReader, most: Int, acknowledgesAll: Bool)
  /// Nobody publishes any more.
  case dismiss

  /// How many commands it counts for.
  var weight: Int {
    switch self {
    case .advance: 0
    case .submit(let items): items.count
    case .performAll(let orders): orders.count
    case .restore(let known): known.count
    case .erase(let numbers, _): numbers.count
    case .perform, .again, .mode, .sweep, .assure, .read, .dismiss: 1
    }
  }

  /// A submission.
  struct Item: Sendable {
    var number: Int
    var queue: Int
    var priority = 4
    var skills = 0
    /// Milliseconds from now.
    var scheduledIn: Int64?
    /// A key that several may have; nil for one of its own.
    var key: Int?
    var fingerprint = 0
    var submitter = 5
    var isPersonal = false
  }

  /// A command.
  struct Order: Sendable {
    var verb: Verb
    var number = 0
    var actor: Int
    var key: Int?
    var fence = Fence.current
    var version = Version.any
    var queue = Place.its
    var milliseconds: Int64?
  }

  enum Verb: Sendable {
    case claim, start, renew, hold, resume, release, complete, noShow, reinstate, remove
    case claimNext(queue: Int)
    case move(Target)
    case reprioritise(Int)
    case transfer(queue: Int)
    /// To the person with this number.
    case assign(to: Int)
  }

  enum Target: Sendable {
    case before(Int), after(Int), first, last
  }

  enum Fence: Sendable {
    case none, current, off(Int)
  }

  enum Version: Sendable {
    case any, current, old
  }

  /// The queue that a command names.
  enum Place: Sendable {
    case its, unnamed, other(Int)
  }

  /// A service as the history has it.
  struct Known: Sendable {
    var number: Int
    /// Where it was, if Redis does not know it.
    var queue: Int
    /// Its version minus that in Redis.
    var ahead: Int
    var state: ServiceState
    var skills = 0
    var scheduledIn: Int64?
    /// Taken for one of another queue.
    var isMisplaced = false
  }
}

extension Action: CustomStringConvertible {
  var description: String {
    switch self {
    case .advance(let step): "+\(step) ms"
    case .submit(let items): "submit " + items.map(\.description).joined(separator: ", ")
    case .perform(let order): order.description
    case .performAll(let orders): "all: " + orders.map(\.description).joined(separator: ", ")
    case .again(let back): "again: the keyed request \(back + 1) back"
    case .mode(let mode, let queue, let actor, let key):
      "\(Cast.people[actor].name): \(Cast.named[queue]) \(mode)" + (key.map { " key \($0)" } ?? "")
    case .sweep(let queue, let most): "sweep \(Cast.named[queue]), at most \(most)"
    case .restore(let known): "restore " + known.map(\.description).joined(separator: ", ")
    case .erase(let numbers, let queues):
      "erase " + numbers.map { "#\($0)" }.joined(separator: ", ") + ", seen in "
        + queues.sorted().map { "\(Cast.named[$0])" }.joined(separator: ", ")
    case .assure(let queue, let ahead, let isThis):
      "assure \(Cast.named[queue]) \(ahead) ahead" + (isThis ? "" : " in another epoch")
    case .read(let reader, let most, let all): "\(reader) reads \(most)" + (all ? "" : ", skipping every other")
    case .dismiss: "nobody publishes"
    }
  }
}

extension Action.Item: CustomStringConvertible {
  var description: String {
    var words = ["#\(number) to \(Cast.named[queue])", "priority \(priority)"]
    if skills > 0 { words.append("requires \(Cast.skills[skills])") }
    if let scheduledIn { words.append("in \(scheduledIn) ms") }
    if let key { words.append("key \(key)") }
    if fingerprint != 0 { words.append("content \(fingerprint)") }
    if submitter != 5 { words.append("by \(Cast.people[submitter].name)") }
    return words.joined(separator: " ")
  }
}

extension Action.Order: CustomStringConvertible {
  var description: String {
    var words = ["\(Cast.people[actor].name):"]
    switch verb {
    case .claimNext(let queue): words.append("claim next of \(Cast.named[queue])")
    case .move(.before(let other)): words.append("move #\(number) before #\(other)")
    case .move(.after(let other)): words.append("move #\(number) after #\(other)")
    case .move(.first): words.append("move #\(number) first")
    case .move(.last): words.append("move #\(number) last")
    case .reprioritise(let level): words.append("reprioritise #\(number) to \(level)")
    case .transfer(let queue): words.append("transfer #\(number) to \(Cast.named[queue])")
    case .assign(let person): words.append("assign #\(number) to \(Cast.people[person].name)")
    case .claim, .start, .renew, .hold, .resume, .release, .complete, .noShow, .reinstate, .remove:
      words.append("\(verb) #\(number)")
    }
    switch fence {
    case .none: words.append("without fence")
    case .current: break
    case .off(let by): words.append("fence off by \(by)")
    }
    switch version {
    case .any: break
    case .current: words.append("if-version")
    case .old: words.append("if-version old")
    }
    switch queue {
    case .its: break
    case .unnamed: words.append("queue not named")
    case .other(let queue): words.append("as of \(Cast.named[queue])")
    }
    if let milliseconds { words.append("for \(milliseconds) ms") }
    if let key { words.append("key \(key)") }
    return words.joined(separator: " ")
  }
}

extension Action.Known: CustomStringConvertible {
  var description: String {
    "#\(number) \(state) \(ahead) ahead" + (isMisplaced ? " misplaced" : "") + (skills > 0 ? " skills \(skills)" : "")
      + (scheduledIn.map { " scheduled in \($0) ms" } ?? "")
  }
}
