/// Why a data object is no submission. Names the field, never its content.
public struct DraftError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for programs: a reason in the dead letters, a `code` in problem details.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// A member that must be there is not.
    case missingField = "missing_field"
    /// A member is of another JSON type.
    case wrongType = "wrong_type"
    /// A member has a value outside its bounds.
    case invalidValue = "invalid_value"
    /// A member is too long, or has too many members.
    case tooLarge = "too_large"
    /// `details` is nested too deep.
    case tooDeep = "too_deep"
  }

  /// What is wrong.
  public let code: Code
  /// The member, such as `priority` or `customer.phone`; empty for the object itself.
  public let field: String
  /// What is wrong and what it takes, for people.
  public let message: String

  /// An error about `field`.
  public init(_ code: Code, field: String, _ message: String) {
    self.code = code
    self.field = field
    self.message = message
  }

  /// The message with the field's name before it.
  public var description: String { field.isEmpty ? message : "\(field): \(message)" }
}
