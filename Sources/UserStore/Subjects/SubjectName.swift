import FieldEncryption
import ServiceQueue

/// What the name of somebody who is to be forgotten is.
public enum SubjectMeaning: String, Sendable, CaseIterable {
  /// The producer's own `customer.id`.
  case id
  /// `customer.email`, in upper or lower case.
  case email
  /// `customer.phone`, however it is grouped.
  case phone
  /// The id of one service.
  case service
}

/// The members of `customer` by which somebody can be found. Pure; what they hold is personal.
enum SubjectName: String, CaseIterable {
  case id, email, phone

  /// What a name may be taken for: all that a customer is known by, or one of it.
  static func all(of meaning: SubjectMeaning?) -> [SubjectName] {
    switch meaning {
    case nil: allCases
    case .id: [.id]
    case .email: [.email]
    case .phone: [.phone]
    case .service: []
    }
  }

  /// The term under which the index has `text`.
  func term(_ text: String) -> BlindIndex.Term {
    switch self {
    case .id: .identifier(text)
    case .email: .email(text)
    case .phone: .phone(text)
    }
  }

  /// What a service's `customer`, compact JSON, is known by. Throws when it is no JSON.
  static func terms(in customer: [UInt8]) throws(JSONError) -> [BlindIndex.Term] {
    let customer = try JSONScanner.parse(customer)
    return allCases.compactMap { name in
      switch customer[name.rawValue] {
      case .string(let text): name.term(text)
      // A number, as it was written.
      case .number(let number): name.term(number.text)
      case .object, .array, .bool, .null, nil: nil
      }
    }
  }
}
