/// How urgent a service is: 0 (least) to 9 (most), 4 when nothing is said, as in JMS.
///
/// A priority is a head start, not a class of its own: each step above 4 lets a service arrive virtually
/// `boostStep` earlier, each step below as much later, so everyone ages alike and nobody starves.
public struct Priority: Hashable, Comparable, Sendable {
  /// 0 to 9.
  public let level: Int

  /// Nil outside 0 to 9.
  public init?(_ level: Int) {
    guard (0...9).contains(level) else { return nil }
    self.level = level
  }

  /// The level of one of the names that producers may use instead of a number; nil for any other.
  public init?(name: String) {
    guard let named = Self.names[name] else { return nil }
    self = named
  }

  private init(known level: Int) { self.level = level }

  /// 4: what a service has when its producer says nothing.
  public static let normal = Priority(known: 4)

  /// The names producers may use: `low` 2, `normal` 4, `high` 6, `urgent` 9.
  public static let names: [String: Priority] = [
    "low": Priority(known: 2), "normal": .normal, "high": Priority(known: 6), "urgent": Priority(known: 9),
  ]

  /// The head start of one level, in milliseconds: 10 minutes.
  public static let boostStep: Int64 = 600_000

  /// The head start over a normal service, in milliseconds; negative below normal.
  public var boost: Int64 { Int64(level - Self.normal.level) * Self.boostStep }

  /// The natural order.
  public static func < (a: Priority, b: Priority) -> Bool { a.level < b.level }
}
