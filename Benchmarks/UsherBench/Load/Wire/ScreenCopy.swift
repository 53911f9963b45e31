import Crypto
import ServiceQueue

/// A viewer's copy of a queue, from a snapshot and events alone, as far as the digest proves it. Pure.
struct ScreenCopy {
  /// What does not fit.
  enum Fault: Error {
    case gap
    case wrongDigest
    case notUnderstood
  }

  private struct Place {
    var order: Int64
    let state: String
    let version: Int64
    var term: UInt64
  }

  private static let mask: UInt64 = 1 << 48 - 1
  private static let live: Set<String> = ["scheduled", "waiting", "claimed", "serving", "on_hold"]

  private(set) var version: Int64 = 0
  private(set) var epoch = ""
  /// False for the first services of a longer queue, which no digest proves.
  private(set) var isWhole = false
  private var places: [String: Place] = [:]
  private var sum: UInt64 = 0

  var digest: String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// Starts from a snapshot.
  mutating func reset(_ snapshot: JSONValue) throws(Fault) {
    guard let version = snapshot["version"]?.int, let epoch = snapshot["epoch"]?.string,
      let total = snapshot["total"]?.int, let services = snapshot["services"]?.array
    else { throw .notUnderstood }
    (places, sum) = ([:], 0)
    self.version = version
    self.epoch = epoch
    isWhole = services.count == Int(total)
    for service in services { try put(service) }
    try prove(snapshot)
  }

  /// Takes the next event, which came with that offset.
  mutating func apply(_ event: JSONValue, offset: Int64) throws(Fault) {
    guard event["version"]?.int == offset, offset == version + 1 else { throw .gap }
    version = offset
    if let service = event["service"] {
      guard let id = service["id"]?.string, let state = service["state"]?.string else { throw .notUnderstood }
      if Self.live.contains(state), service["queue"]?.string == event["queue"]?.string {
        try put(service)
      } else {
        take(id)
      }
    } else if let services = event["services"]?.array {
      for change in services {
        guard let id = change["id"]?.string, let order = change["order"]?.int else { throw .notUnderstood }
        guard let place = places[id] else { continue }
        put(id, order: order, state: place.state, version: place.version)
      }
    }
    try prove(event)
  }

  private mutating func put(_ service: JSONValue) throws(Fault) {
    guard let id = service["id"]?.string, let order = service["order"]?.int, let state = service["state"]?.string,
      let version = service["version"]?.int
    else { throw .notUnderstood }
    put(id, order: order, state: state, version: version)
  }

  private mutating func put(_ id: String, order: Int64, state: String, version: Int64) {
    take(id)
    let hash = Insecure.SHA1.hash(data: Array("\(id)|\(order)|\(state)|\(version)".utf8))
    let term = hash.prefix(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    places[id] = Place(order: order, state: state, version: version, term: term)
    sum = (sum &+ term) & Self.mask
  }

  private mutating func take(_ id: String) {
    guard let old = places.removeValue(forKey: id) else { return }
    sum = (sum &- old.term) & Self.mask
  }

  private func prove(_ message: JSONValue) throws(Fault) {
    guard !isWhole || message["digest"]?.string == digest else { throw .wrongDigest }
  }
}
