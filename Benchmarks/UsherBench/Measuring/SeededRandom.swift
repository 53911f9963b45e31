import Foundation

/// Chance with a seed, so that a run is the same every time (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Above 0, up to 1.
  mutating func unit() -> Double { (Double(next() >> 11) + 1) / Double(1 << 53) }

  /// Exponential, with mean 1.
  mutating func exponential() -> Double { -log(unit()) }

  /// Standard normal, after Box and Muller.
  mutating func normal() -> Double { (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()) }
}
