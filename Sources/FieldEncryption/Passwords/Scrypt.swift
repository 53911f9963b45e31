import CCrypto

/// What one scrypt computation costs: memory 128 * r * 2^logN bytes, time in proportion to r * p * 2^logN.
public struct ScryptParameters: Sendable, Equatable {
  /// The logarithm to base 2 of the cost N; `ln` in PHC strings.
  public let logN: Int
  /// The block size.
  public let r: Int
  /// How many times the whole is done.
  public let p: Int

  /// N = 2^15, r = 8, p = 3: 32 MiB, and about a quarter of a second.
  public static let standard = ScryptParameters(unchecked: 15, 8, 3)

  /// Nil outside the bounds, which keep a stored string from costing whatever it says: logN 1...20 and below 16 * r,
  /// r 1...32, p 1...16, 128 * r * N at most 1 GiB, and r * p * N at most 2^24 (21 times the standard).
  public init?(logN: Int, r: Int, p: Int) {
    guard 1...20 ~= logN, 1...32 ~= r, 1...16 ~= p, logN < 16 * r, r << logN <= 1 << 23, r * p << logN <= 1 << 24 else {
      return nil
    }
    self.init(unchecked: logN, r, p)
  }

  private init(unchecked logN: Int, _ r: Int, _ p: Int) {
    self.logN = logN
    self.r = r
    self.p = p
  }
}

/// The scrypt function of RFC 7914. Takes a good part of a second: never call it on a thread that others wait for.
package enum Scrypt {
  /// `length` bytes; whoever gets them overwrites them after use where they are secret.
  package static func derive(
    password: SecretBytes, salt: [UInt8], parameters: ScryptParameters, length: Int
  ) throws(LibcryptoError) -> [UInt8] {
    let n = 1 << parameters.logN
    // libcrypto's default limit of 32 MiB refuses the standard parameters. This is its own sum, with a little to spare.
    let memory = UInt64(128 * parameters.r * (n + parameters.p + 2) + 4096)
    var succeeded = false
    let hash = [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
      succeeded = password.withUnsafeBytes { password in
        EVP_PBE_scrypt(
          password.bindMemory(to: CChar.self).baseAddress, password.count, salt, salt.count,
          UInt64(n), UInt64(parameters.r), UInt64(parameters.p), memory, buffer.baseAddress, length) == 1
      }
      initialized = succeeded ? length : 0
    }
    guard succeeded else { throw LibcryptoError("hashing a password") }
    return hash
  }
}
