import CCrypto

/// libcrypto refused an operation that cannot fail on valid input: it is out of memory or of entropy.
///
/// Nothing was produced. Trying once more later is safe; if it persists, restart the process.
public struct LibcryptoError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was being done, such as "drawing random bytes".
  public let operation: String

  /// Also empties this thread's queue of libcrypto errors, which nobody else would.
  init(_ operation: String) {
    self.operation = operation
    ERR_clear_error()
  }

  /// One sentence for logs.
  public var description: String { "libcrypto failed while \(operation): out of memory or of entropy" }
}
