import ServiceQueue

/// How much load, of what kind and for how long.
struct LoadPlan: Sendable {
  /// How employees give their commands.
  enum Door: String, Sendable, CaseIterable {
    /// Every other one by REST, the others by WebSocket.
    case both
    case rest
    case websocket
  }

  let queue: QueueName
  let producers: Int
  let employees: Int
  let viewers: Int
  let door: Door
  /// Requests a second of all producers together, and calls of claim-next a second of all employees together.
  let requestRate: Double
  let claimRate: Double
  /// How long an employee takes for a service on average, in seconds.
  let handling: Double
  /// Seconds before anything is measured, and those that are measured.
  let warmUp: Double
  let seconds: Double
  let seed: UInt64

  /// Requests are remembered one by one.
  static let mostRequests = 1_000_000.0
  /// Visits under way at one time; those that are due beyond are counted as not offered.
  static let visitsLimit = 10_000
  /// Measured parts of a run, whose medians and ends are the spread.
  static let parts = 6
  /// Requests a second that touch nothing, to know what the way to the server and back costs.
  static let bareRate = 20.0
  /// How long what is under way may take after the last request was due.
  static let settling = 60.0

  var total: Double { warmUp + seconds }
  var window: LoadWindow {
    LoadWindow(begin: UInt64(warmUp * 1e6), length: UInt64(seconds * 1e6), parts: Self.parts)
  }
  /// Commands a second of one employee, about.
  var commandsPerEmployee: Double { 3 * claimRate / Double(employees) }

  /// Why it cannot be carried out; nil when it can.
  var problem: String? {
    guard (1...64).contains(producers) else { return "--producers takes 1 to 64" }
    guard (1...1_000).contains(employees) else { return "--employees takes 1 to 1000" }
    guard (1...2_000).contains(viewers) else { return "--viewers takes 1 to 2000" }
    guard requestRate > 0, requestRate <= 10_000 else { return "--rate takes numbers above 0, up to 10000" }
    guard claimRate > 0, claimRate <= 10_000 else { return "--claims takes numbers above 0, up to 10000" }
    guard (0...10).contains(handling) else { return "--handling takes 0 to 10" }
    guard (0...120).contains(warmUp) else { return "--warm-up takes 0 to 120" }
    guard (1...600).contains(seconds) else { return "--duration takes 1 to 600" }
    guard requestRate * total <= Self.mostRequests else {
      return "--rate and --duration make more than \(Int(Self.mostRequests).readable) requests"
    }
    guard commandsPerEmployee <= 80 else {
      return "one employee would give \(Int(commandsPerEmployee)) commands a second, and a server takes 100 by a "
        + "WebSocket: more --employees, or fewer --claims"
    }
    return nil
  }
}
