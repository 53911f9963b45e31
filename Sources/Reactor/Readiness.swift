import CReactor

/// What a descriptor is ready for, or what a watch asks to be told. Level-triggered: it is reported again every tick for
/// as long as it holds.
public struct Readiness: OptionSet, Hashable, Sendable {
  /// The bits, for `OptionSet`.
  public let rawValue: UInt8

  /// Makes a set from its bits.
  ///
  /// - Parameter rawValue: the bits of the members.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// A read, or an accept, would not block. Also the end of the stream.
  public static let readable = Readiness(rawValue: 1)
  /// A write would not block; a connect has finished, well or badly.
  public static let writable = Readiness(rawValue: 2)
  /// The descriptor hung up or failed. It is reported whether asked for or not, together with whichever of `readable`
  /// and `writable` was asked for, so that a handler which looks only at those meets the error in its read or write.
  /// Asking for it also reports a peer that has only closed its sending side.
  public static let hangup = Readiness(rawValue: 4)
}

extension Readiness {
  /// The bits to register with the kernel.
  var bits: UInt32 {
    var bits: UInt32 = 0
    if contains(.readable) { bits |= UInt32(CREACTOR_READABLE) }
    if contains(.writable) { bits |= UInt32(CREACTOR_WRITABLE) }
    if contains(.hangup) { bits |= UInt32(CREACTOR_PEER_CLOSED) }
    return bits
  }

  /// What to tell a watch with this interest when the kernel reports `bits`; empty if nothing of it was asked for.
  func delivered(for bits: UInt32) -> Readiness {
    if bits & UInt32(CREACTOR_BROKEN) != 0 { return union(.hangup) }
    var ready: Readiness = []
    if bits & UInt32(CREACTOR_READABLE) != 0 { ready.insert(.readable) }
    if bits & UInt32(CREACTOR_WRITABLE) != 0 { ready.insert(.writable) }
    if bits & UInt32(CREACTOR_PEER_CLOSED) != 0 { ready.insert(.hangup) }
    return intersection(ready)
  }
}
