import GRPCCore
import ServiceQueue
import SwiftProtobuf

extension RPCError {
  /// Where the trailing metadata have the error whole.
  static let detailKey = "usher-error-bin"

  /// The Broker's error as a call ends with it.
  init(_ error: BrokerError) {
    var metadata = Metadata()
    if let bytes: [UInt8] = try? WireError(error).serializedBytes() {
      metadata.addBinary(bytes, forKey: Self.detailKey)
    }
    self.init(code: Self.code(for: error.code), message: error.message, metadata: metadata)
  }

  /// The error that the Broker gave; nil when the call ended before or behind it.
  var fromBroker: BrokerError? {
    for bytes in metadata[binaryValues: Self.detailKey] {
      if let error = try? WireError(serializedBytes: bytes) { return error.domain }
    }
    return nil
  }

  private static func code(for code: BrokerError.Code) -> RPCError.Code {
    switch code {
    case .unknownQueue, .notFound, .queueEmpty: .notFound
    case .staleFence, .versionMismatch: .aborted
    case .badTarget, .invalidArgument: .invalidArgument
    case .idempotencyKeyReused: .alreadyExists
    case .illegalTransition, .notOwner, .queuePaused, .queueDraining, .atCapacity, .missingSkill, .reinstateExpired:
      .failedPrecondition
    case .overloaded: .resourceExhausted
    case .unavailable: .unavailable
    case .outcomeUnknown: .unknown
    case .internal: .internalError
    }
  }
}

/// What a call can do to the queues.
enum CallEffect {
  /// Nothing.
  case question
  /// It can change them.
  case change
}

extension BrokerError {
  /// Why a call failed. Without the Broker's own word a change counts as not done only when the call certainly did not reach it:
  /// it was never sent, or was turned away at the door.
  init(_ error: any Error, _ effect: CallEffect, wasSent: Bool) {
    if let error = error as? BrokerError {
      self = error
      return
    }
    if let error = error as? Unreadable {
      self = error.asAnswer
      return
    }
    let failure = error as? RPCError
    if let given = failure?.fromBroker {
      self = given
      return
    }
    switch failure?.code {
    case .permissionDenied, .unauthenticated:
      self.init(.unavailable, "The broker does not let this process do that: see its USHER_GRPC_CLIENTS")
    case .unimplemented: self.init(.unavailable, "The broker is of another version, and does not know the call")
    default:
      let reason = failure.map { "\($0.code)" } ?? "the call was ended"
      if effect == .question || !wasSent {
        self.init(.unavailable, "The broker cannot be reached (\(reason)); try again")
      } else {
        self.init(
          .outcomeUnknown,
          "The broker did not answer (\(reason)): it may or may not have happened; repeat it under the same idempotency key"
        )
      }
    }
  }
}
