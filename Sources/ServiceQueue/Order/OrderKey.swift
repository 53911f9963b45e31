/// The place of a service in its queue: a virtual arrival time in ticks, below 2^53 so that it is exact in every
/// JSON reader and in Redis' scores.
///
/// A tick is 1/4096 of a millisecond. A new service gets `max(now * 4096, last arrival + arrivalGap) - boost * 4096`,
/// so services of one priority keep the order in which Redis took them, even within one millisecond.
public struct OrderKey: Hashable, Comparable, Sendable {
  /// Ticks since 1970, shifted by the priority's boost or by moves.
  public let ticks: Int64

  /// Nil outside 0 ..< 2^53.
  public init?(_ ticks: Int64) {
    guard ticks >= 0, ticks < 1 << 53 else { return nil }
    self.ticks = ticks
  }

  /// Ticks in a millisecond: 2^12.
  public static let ticksPerMillisecond: Int64 = 4096

  /// The smallest distance, in ticks, between two arrivals of one priority, so that a service can be moved between them.
  public static let arrivalGap: Int64 = 8

  /// The natural order.
  public static func < (a: OrderKey, b: OrderKey) -> Bool { a.ticks < b.ticks }
}

extension Service {
  /// True when `a` stands before `b` on every screen: by (`order`, `id`).
  public static func stands(_ a: Service, before b: Service) -> Bool {
    a.order == b.order ? a.id < b.id : a.order < b.order
  }
}
