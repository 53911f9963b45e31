/// The time that is measured, in microseconds from the beginning of the run, in parts of one length.
struct LoadWindow: Sendable {
  let begin: UInt64
  let length: UInt64
  let parts: Int

  var end: UInt64 { begin + length }

  /// In which part a moment falls; nil outside.
  func part(of moment: UInt64) -> Int? {
    guard moment >= begin, moment < end else { return nil }
    return min(parts - 1, Int((moment - begin) * UInt64(parts) / length))
  }
}
