/// Why a keyset could not be read, written or made. Names the place and the rule, never a value that may be a key.
public enum KeysetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not a keyset that we take.
  case invalid(String)
  /// The file lets its group or others in, see `Keyset.isExposed`: `chmod 600` it, and think about who has read it.
  case exposed(path: String, mode: UInt32)
  /// The file cannot be read or written.
  case file(path: String, reason: String)
  /// A change that would lose data, or of a key that is not there.
  case refused(String)
  /// libcrypto is out of memory or of entropy.
  case library(LibcryptoError)

  /// One sentence for logs.
  public var description: String {
    switch self {
    case .invalid(let reason): "invalid keyset: \(reason)"
    case .refused(let reason): reason
    case .exposed(let path, let mode):
      "keyset file \(path) has mode \(String(mode, radix: 8)): it must not be accessible to group or others (chmod 600)"
    case .file(let path, let reason): "keyset file \(path): \(reason)"
    case .library(let error): error.description
    }
  }
}
