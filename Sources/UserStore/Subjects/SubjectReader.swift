public import FieldEncryption
public import ServiceQueue

/// Finds out by which blind indexes a service's customer can be found: opens its personal data and reads the three members.
public struct SubjectReader: Sendable {
  private let vault: any PersonalDataVault
  let index: BlindIndex

  /// A reader with its vault and index. Throws when libcrypto refuses.
  public init(_ aead: AEAD, vault: any PersonalDataVault) throws {
    self.vault = vault
    index = try BlindIndex(aead, purpose: "service_history.subjects")
  }

  /// All indexes of the customer one after another, empty where there is nothing to be found by; nil when they cannot be opened, or
  /// there are no personal data.
  func packed(_ personal: SealedPersonalData?, of id: ServiceID) -> [UInt8]? {
    guard let personal, let opened = try? vault.open(personal, for: id) else { return nil }
    guard let customer = opened.customer else { return [] }
    return try? SubjectName.terms(in: customer).compactMap { try index.value(of: $0) }.flatMap(\.self)
  }
}
