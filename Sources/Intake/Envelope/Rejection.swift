import ServiceQueue

/// Why a message goes to the dead letters. Names fields, never their content.
struct Rejection: Error, Hashable, Sendable {
  /// The header `x-usher-reason`, and the label of a metric.
  enum Reason: String, Hashable, Sendable, CaseIterable {
    case malformedJSON = "malformed_json"
    case tooLarge = "too_large"
    case tooDeep = "too_deep"
    case missingID = "missing_id"
    case missingField = "missing_field"
    case wrongType = "wrong_type"
    case invalidValue = "invalid_value"
    case unsupportedVersion = "unsupported_version"
    case unsupportedEncoding = "unsupported_encoding"
    case unsupportedContentType = "unsupported_content_type"
    case rejectedByRule = "rejected_by_rule"
    case unknownQueue = "unknown_queue"
    case queueDraining = "queue_draining"
    case idempotencyKeyReused = "idempotency_key_reused"
    /// The Broker refused for another reason, which the detail names.
    case refused
  }

  let reason: Reason
  /// The header `x-usher-detail`.
  let detail: String

  init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }

  init(_ error: JSONError) {
    switch error.code {
    case .tooLarge: self.init(.tooLarge, error.description)
    case .tooDeep: self.init(.tooDeep, error.description)
    case .truncated, .unexpectedByte, .trailingBytes, .badNumber, .badEscape, .controlCharacter, .badUTF8,
      .duplicateKey:
      self.init(.malformedJSON, error.description)
    }
  }

  init(_ error: DraftError) {
    let reason: Reason =
      switch error.code {
      case .missingField: .missingField
      case .wrongType: .wrongType
      case .invalidValue: .invalidValue
      case .tooLarge: .tooLarge
      case .tooDeep: .tooDeep
      }
    self.init(reason, error.description)
  }

  init(_ error: BrokerError) {
    let reason: Reason =
      switch error.code {
      case .unknownQueue: .unknownQueue
      case .queueDraining: .queueDraining
      case .idempotencyKeyReused: .idempotencyKeyReused
      default: .refused
      }
    self.init(reason, error.description)
  }
}
