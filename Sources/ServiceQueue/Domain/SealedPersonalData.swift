/// The personal data of a service as it travels and rests: only ciphertext.
///
/// Both parts are in Tink's AEAD wire format. `wrappedKey` is the service's own data key, sealed by the operator's
/// keyset; `ciphertext` is the personal data sealed by that key. Without `wrappedKey` the ciphertext says nothing to
/// anyone, so erasing a person is destroying the wrapped key.
public struct SealedPersonalData: Hashable, Sendable {
  /// The data key, sealed by the operator's keyset.
  public let wrappedKey: [UInt8]
  /// `PersonalData` as JSON, sealed by the data key.
  public let ciphertext: [UInt8]

  /// Sealed data made of its two parts, unchecked.
  public init(wrappedKey: [UInt8], ciphertext: [UInt8]) {
    self.wrappedKey = wrappedKey
    self.ciphertext = ciphertext
  }
}

/// What a producer says about the person and the case: everything that Usher treats as personal.
public struct PersonalData: Hashable, Sendable {
  /// A JSON object as bytes, such as `{"name":"...","phone":"..."}`, or nil.
  public var customer: [UInt8]?
  /// A JSON object as bytes, free for the producer, or nil. Sealed as well: nobody can know what stands in it.
  public var details: [UInt8]?

  /// Nothing said, or the JSON objects as bytes.
  public init(customer: [UInt8]? = nil, details: [UInt8]? = nil) {
    self.customer = customer
    self.details = details
  }

  /// How many bytes both have together.
  public var bytes: Int { (customer?.count ?? 0) + (details?.count ?? 0) }

  /// True when there is nothing to seal.
  public var isEmpty: Bool { customer == nil && details == nil }
}

/// Seals and opens the personal data of services. Safe to call from any thread; microseconds a call.
public protocol PersonalDataVault: Sendable {
  /// Seals `data` under a new data key, bound to the service `id`.
  func seal(_ data: PersonalData, for id: ServiceID) throws -> SealedPersonalData
  /// Opens what `seal` made for the same `id`; throws when it was tampered with or its keyset key is unknown.
  func open(_ sealed: SealedPersonalData, for id: ServiceID) throws -> PersonalData
  /// A keyed hash of `bytes` in lower-case hexadecimal digits: the same for the same bytes, and no help to someone without
  /// the keyset who guesses at them.
  func fingerprint(of bytes: [UInt8]) throws -> String
}
