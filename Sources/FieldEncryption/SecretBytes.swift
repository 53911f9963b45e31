import CCrypto

/// Key material: never copied out, never printed, overwritten when its last owner lets go of it.
///
/// Invariant: the memory is written in `init` alone and only read afterwards.
package final class SecretBytes: @unchecked Sendable {
  private let memory: UnsafeMutableRawBufferPointer

  /// How many bytes there are.
  package var count: Int { memory.count }

  /// Copies `bytes`; overwriting the original stays with the caller.
  package init(copying bytes: some Collection<UInt8>) {
    memory = .allocate(byteCount: bytes.count, alignment: 16)
    memory.copyBytes(from: bytes)
  }

  /// `count` bytes from libcrypto's generator for private values.
  init(random count: Int) throws(LibcryptoError) {
    memory = .allocate(byteCount: count, alignment: 16)
    guard RAND_priv_bytes(memory.bindMemory(to: UInt8.self).baseAddress, Int32(count)) == 1 else {
      throw LibcryptoError("drawing a key")
    }
  }

  deinit {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
    memory.deallocate()
  }

  /// In time that depends on the lengths alone.
  func isEqual(to other: SecretBytes) -> Bool {
    count == other.count && CRYPTO_memcmp(memory.baseAddress, other.memory.baseAddress, count) == 0
  }

  /// The pointer is valid only inside `body`.
  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    body(UnsafeRawBufferPointer(memory))
  }
}

extension [UInt8] {
  /// Overwrites the elements in a way that the optimiser keeps, and empties the array.
  ///
  /// Reaches this array's own storage: call it on the only reference, or a copy is what gets overwritten.
  package mutating func cleanse() {
    withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { OPENSSL_cleanse(base, bytes.count) }
    }
    removeAll()
  }
}
