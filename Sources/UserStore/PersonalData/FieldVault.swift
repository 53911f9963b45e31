public import FieldEncryption
public import ServiceQueue

/// Seals and opens the personal data of services: each service has a data key of its own, wrapped by the operator's keyset.
///
/// The sealed text is the JSON object `{"customer":...,"details":...}`, with the members that there are. Key and text are
/// bound to the service's id, as columns `personal_key` and `personal` of `service_history`. Safe to call from any thread;
/// a few microseconds a call.
public struct FieldVault: PersonalDataVault {
  private let keyset: AEAD
  private let hash: KeyedHash

  /// A vault that wraps with the primary key of `keyset` and opens with any of its keys. Throws when libcrypto refuses.
  public init(keyset: Keyset) throws { try self.init(try AEAD(keyset)) }

  /// The same with the keyset that `aead` has at each moment.
  public init(_ aead: AEAD) throws {
    keyset = aead
    hash = try KeyedHash(aead, purpose: "usher submission fingerprint 1")
  }

  /// 32 hexadecimal digits of an HMAC-SHA256.
  public func fingerprint(of bytes: [UInt8]) throws -> String {
    try hash.hash(bytes).prefix(16).hexadecimal
  }

  /// Seals `data` under a new data key. Throws `FieldVaultError` when a part is not one JSON object, without white space
  /// around it, or both together exceed 1 MiB.
  public func seal(_ data: PersonalData, for id: ServiceID) throws -> SealedPersonalData {
    let plain = try Self.encode(data)
    do {
      let key = try DataKey.generate()
      return SealedPersonalData(
        wrappedKey: try key.wrapped(by: keyset, associatedData: Self.keyPlace(id)),
        ciphertext: try key.seal(plain, associatedData: Self.textPlace(id)))
    } catch {
      throw FieldVaultError(.cannotSeal(error))
    }
  }

  /// Opens what `seal` made for the same id: the same bytes. Throws `FieldVaultError`.
  public func open(_ sealed: SealedPersonalData, for id: ServiceID) throws -> PersonalData {
    let plain: [UInt8]
    do {
      // The unwrapped key overwrites itself when it goes.
      let key = try DataKey.unwrap(sealed.wrappedKey, with: keyset, associatedData: Self.keyPlace(id))
      plain = try key.open(sealed.ciphertext, associatedData: Self.textPlace(id))
    } catch {
      throw FieldVaultError(.cannotOpen(error))
    }
    guard let data = Self.decode(plain) else { throw FieldVaultError(.malformed) }
    return data
  }

  static func encode(_ data: PersonalData) throws(FieldVaultError) -> [UInt8] {
    for part in [data.customer, data.details] {
      guard let part else { continue }
      guard ObjectSpan.end(in: part[...], from: 0) == part.count else { throw FieldVaultError(.notAnObject) }
    }
    var json = JSONWriter(capacity: 28 + (data.customer?.count ?? 0) + (data.details?.count ?? 0))
    json.object { json in
      if let customer = data.customer {
        json.key("customer")
        json.raw(customer)
      }
      if let details = data.details {
        json.key("details")
        json.raw(details)
      }
    }
    return json.bytes
  }

  /// Takes apart what `encode` wrote, and nothing else.
  static func decode(_ plain: [UInt8]) -> PersonalData? {
    var data = PersonalData()
    var rest = plain[...]
    var detailsMustFollow = false
    guard take("{", from: &rest) else { return nil }
    if take("\"customer\":", from: &rest) {
      guard let value = takeObject(from: &rest) else { return nil }
      data.customer = value
      detailsMustFollow = take(",", from: &rest)
      guard detailsMustFollow else { return isEnd(rest) ? data : nil }
    }
    if take("\"details\":", from: &rest) {
      guard let value = takeObject(from: &rest) else { return nil }
      data.details = value
    } else if detailsMustFollow {
      return nil
    }
    return isEnd(rest) ? data : nil
  }

  private static func isEnd(_ rest: ArraySlice<UInt8>) -> Bool { rest.count == 1 && rest.first == UInt8(ascii: "}") }

  private static func take(_ text: StaticString, from rest: inout ArraySlice<UInt8>) -> Bool {
    text.withUTF8Buffer { text in
      guard rest.starts(with: text) else { return false }
      rest = rest.dropFirst(text.count)
      return true
    }
  }

  private static func takeObject(from rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard let end = ObjectSpan.end(in: rest, from: rest.startIndex) else { return nil }
    defer { rest = rest[end...] }
    return Array(rest[..<end])
  }

  private static func keyPlace(_ id: ServiceID) -> [UInt8] {
    SealedField(table: "service_history", column: "personal_key", row: id.rawValue).associatedData
  }

  private static func textPlace(_ id: ServiceID) -> [UInt8] {
    SealedField(table: "service_history", column: "personal", row: id.rawValue).associatedData
  }
}

/// Why personal data could not be sealed or opened; holds none of it.
public struct FieldVaultError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: Hashable, Sendable {
    /// A part to be sealed is not one JSON object.
    case notAnObject
    /// Too long, or libcrypto failed.
    case cannotSeal
    /// Changed since it was sealed, sealed for another service, or by a key that the keyset lacks.
    case cannotOpen
    /// It opened, but is not what `seal` writes.
    case malformed
  }

  enum Cause {
    case notAnObject
    case cannotSeal(any Error)
    case cannotOpen(any Error)
    case malformed
  }

  /// What went wrong.
  public let code: Code
  /// One sentence for logs.
  public let description: String

  init(_ cause: Cause) {
    switch cause {
    case .notAnObject: (code, description) = (.notAnObject, "customer and details must each be one JSON object")
    case .cannotSeal(let error): (code, description) = (.cannotSeal, "personal data cannot be sealed: \(error)")
    case .cannotOpen(let error): (code, description) = (.cannotOpen, "personal data cannot be opened: \(error)")
    case .malformed: (code, description) = (.malformed, "sealed personal data has an unknown form")
    }
  }
}
