import FoundationEssentials

/// Hashes and checks passwords with scrypt, stored as PHC strings.
///
/// Computes on threads of its own, never on the caller's, at most one computation per core at a time; callers beyond that
/// wait in a bounded line, and beyond the bound get `.overloaded`. Make one per process, as each has its own threads.
public final class PasswordHasher: Sendable {
  /// How many bytes of UTF-8 a password may have. The bytes count as they come, without Unicode normalisation.
  public static let passwordLength = 1...1024

  /// How many computations run at once unless told otherwise: with the standard parameters they take 64 MiB, on a machine
  /// of many cores too.
  public static let standardWorkers = 2

  private let parameters: ScryptParameters
  private let threads: PasswordThreads

  /// `parameters` are those of new hashes; `workers` is how many computations run at once, though never more than one per
  /// core, `waitingLimit` how many callers may wait.
  public init(
    parameters: ScryptParameters = .standard, workers: Int = standardWorkers, waitingLimit: Int = 64
  ) {
    self.parameters = parameters
    self.threads = PasswordThreads(
      workers: min(workers, ProcessInfo.processInfo.activeProcessorCount), limit: waitingLimit)
  }

  /// How many computations run and how many callers wait at this moment.
  public var load: (computing: Int, waiting: Int) { threads.load }

  /// The PHC string to store for `password`, with a fresh salt.
  public func hash(_ password: String) async throws(PasswordError) -> String {
    guard let secret = Self.secret(password) else { throw .passwordLength }
    let salt: [UInt8]
    do { salt = try SecureRandom.bytes(PHCString.saltLength) } catch { throw .library(error) }
    let hash = try await derive(secret, salt: salt, parameters: parameters, length: PHCString.hashLength)
    return PHCString(parameters: parameters, salt: salt, hash: hash).text
  }

  /// Compares `password` with the stored `phc`, in time that does not depend on how much of it is right.
  ///
  /// A password of a length that none can have is a `.mismatch` at once. After `.matchNeedsRehash` (stored with other
  /// parameters than today's) store ``hash(_:)`` of the same password.
  public func verify(_ password: String, _ phc: String) async throws(PasswordError) -> PasswordVerdict {
    guard let stored = PHCString(phc) else { throw .malformedHash }
    guard let secret = Self.secret(password) else { return .mismatch }
    let hash = try await derive(secret, salt: stored.salt, parameters: stored.parameters, length: stored.hash.count)
    guard ConstantTime.equal(hash, stored.hash) else { return .mismatch }
    return stored.isCurrent(parameters) ? .match : .matchNeedsRehash
  }

  /// Takes as long as ``verify(_:_:)`` does for a wrong password, in line and computing, so that an unknown username
  /// cannot be told by the time of the answer. Throws what `verify` throws.
  public func verifyDummy(_ password: String) async throws(PasswordError) {
    guard let secret = Self.secret(password) else { return }
    let salt = [UInt8](repeating: 0, count: PHCString.saltLength)
    _ = try await derive(secret, salt: salt, parameters: parameters, length: PHCString.hashLength)
  }

  private func derive(
    _ password: SecretBytes, salt: [UInt8], parameters: ScryptParameters, length: Int
  ) async throws(PasswordError) -> [UInt8] {
    let outcome = await threads.run {
      do throws(LibcryptoError) {
        return .success(
          try Scrypt.derive(password: password, salt: salt, parameters: parameters, length: length))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private static func secret(_ password: String) -> SecretBytes? {
    passwordLength ~= password.utf8.count ? SecretBytes(copying: password.utf8) : nil
  }
}

/// The result of comparing a password with a stored hash.
public enum PasswordVerdict: Sendable {
  /// Wrong password.
  case mismatch
  /// Right password.
  case match
  /// Right password, stored with other parameters than today's: hash it anew and store that.
  case matchNeedsRehash
}

/// Why a password could be neither hashed nor compared.
public enum PasswordError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not 1 to 1,024 bytes of UTF-8.
  case passwordLength
  /// The stored string is not a scrypt PHC string with parameters within ``ScryptParameters``' bounds.
  case malformedHash
  /// The line is full, or no thread can be had: refuse the request for now (503 with Retry-After).
  case overloaded
  /// The calling task was cancelled while it waited in line.
  case cancelled
  /// libcrypto is out of memory or of entropy.
  case library(LibcryptoError)

  /// One sentence for logs; holds neither password nor hash.
  public var description: String {
    switch self {
    case .passwordLength: "a password has 1 to 1024 bytes of UTF-8"
    case .malformedHash: "the stored password is not a scrypt PHC string within the bounds"
    case .overloaded: "too many password checks at once: try again later"
    case .cancelled: "cancelled while waiting for a password check"
    case .library(let error): error.description
    }
  }
}
