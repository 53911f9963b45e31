/// Reads what one client sends after the upgrade (RFC 6455, section 5), however its bytes are cut: pure, without I/O.
///
/// Checked as early as the bytes allow: masks, reserved bits and opcodes, lengths in their shortest form, the order of
/// fragments, control frames, UTF-8 of text within a frame, and the length of a message before any of it is kept. The first
/// violation, like a close frame, is the end: whatever comes after it is not looked at.
///
/// Keeps at most `Limits.message` bytes of a message, and 125 of a control frame that comes between its fragments.
package struct FrameReader: Sendable {
  /// What a message is made of.
  package enum Kind: UInt8, Hashable, Sendable {
    case text = 1
    case binary = 2
  }

  /// What a connection takes.
  package struct Limits: Hashable, Sendable {
    /// The longest message, in bytes.
    package var message: Int
    /// The only kind of message that is taken; nil for both.
    package var kind: Kind?

    package init(message: Int, kind: Kind?) {
      self.message = message
      self.kind = kind
    }
  }

  /// What was read.
  package enum Event: Hashable, Sendable {
    /// A whole message; text is valid UTF-8.
    case message(Kind, [UInt8])
    /// A ping, which wants a pong with the same payload.
    case ping([UInt8])
    case pong
    /// A close frame, with the code to answer with.
    case close(UInt16)
    /// The client broke the rules.
    case violation(FrameViolation)
  }

  private enum Stage: UInt8 {
    case first
    case second
    case length
    case mask
    case payload
    case ended
  }

  private let limits: Limits
  private var stage = Stage.first
  /// Of the frame that is being read.
  private var opcode: UInt8 = 0
  private var isFinal = false
  /// Bytes of the length or the mask that are still to come.
  private var missing = 0
  /// The length comes in eight bytes, not in two.
  private var isLongLength = false
  /// First the payload's length, then what is still to come of it.
  private var left: UInt64 = 0
  /// The lowest byte is that of the next byte of the payload.
  private var mask: UInt32 = 0
  /// What the message that has begun is made of.
  private var kind: Kind?
  private var message: [UInt8] = []
  private var control: [UInt8] = []
  private var text = UTF8Check()

  package init(limits: Limits) { self.limits = limits }

  /// True after a close frame or a violation.
  package var hasEnded: Bool { stage == .ended }

  /// Reads on in `bytes` from `offset` until there is something to tell; nil when all of them are read. `bytes` is not kept.
  package mutating func next(in bytes: UnsafeRawBufferPointer, at offset: inout Int) -> Event? {
    while offset < bytes.count {
      let event: Event?
      switch stage {
      case .first:
        event = first(bytes[offset])
        offset += 1
      case .second:
        event = second(bytes[offset])
        offset += 1
      case .length:
        left = left << 8 | UInt64(bytes[offset])
        missing -= 1
        offset += 1
        event = missing == 0 ? lengthRead() : nil
      case .mask:
        // The first byte ends up lowest.
        mask = mask >> 8 | UInt32(bytes[offset]) << 24
        missing -= 1
        offset += 1
        event = missing == 0 ? maskRead() : nil
      case .payload:
        let count = Int(min(left, UInt64(bytes.count - offset)))
        event = payload(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
        offset += count
      case .ended:
        offset = bytes.count
        event = nil
      }
      if let event {
        switch event {
        case .close, .violation: end()
        case .message, .ping, .pong: break
        }
        return event
      }
    }
    return nil
  }

  // MARK: The head

  private mutating func first(_ byte: UInt8) -> Event? {
    // No extension has been agreed on, so all reserved bits must be 0.
    guard byte & 0x70 == 0 else { return .violation(.protocolError) }
    opcode = byte & 0x0F
    isFinal = byte & 0x80 != 0
    switch opcode {
    case 0x0: guard kind != nil else { return .violation(.protocolError) }
    case 0x1, 0x2:
      guard kind == nil else { return .violation(.protocolError) }
      let begun = Kind(rawValue: opcode)
      guard limits.kind == nil || limits.kind == begun else { return .violation(.unacceptable) }
      kind = begun
      text = UTF8Check()
    case 0x8...0xA: guard isFinal else { return .violation(.protocolError) }
    default: return .violation(.protocolError)
    }
    stage = .second
    return nil
  }

  private mutating func second(_ byte: UInt8) -> Event? {
    guard byte & 0x80 != 0 else { return .violation(.protocolError) }
    let length = byte & 0x7F
    guard !isControl || length <= 125 else { return .violation(.protocolError) }
    guard length >= 126 else {
      left = UInt64(length)
      return lengthRead()
    }
    isLongLength = length == 127
    missing = isLongLength ? 8 : 2
    left = 0
    stage = .length
    return nil
  }

  private mutating func lengthRead() -> Event? {
    if stage == .length {
      let shortest: UInt64 = isLongLength ? 65_536 : 126
      guard left >= shortest, left <= UInt64(Int64.max) else { return .violation(.protocolError) }
    }
    guard isControl || left <= UInt64(max(0, limits.message - message.count)) else { return .violation(.tooBig) }
    stage = .mask
    missing = 4
    mask = 0
    return nil
  }

  private mutating func maskRead() -> Event? {
    stage = .payload
    return left == 0 ? frameRead() : nil
  }

  // MARK: The payload

  private mutating func payload(_ bytes: UnsafeRawBufferPointer) -> Event? {
    left -= UInt64(bytes.count)
    if isControl {
      // A pong's payload is of no use here.
      if opcode != 0xA { Unmasking.append(bytes, to: &control, mask: mask) }
    } else {
      let begun = message.count
      Unmasking.append(bytes, to: &message, mask: mask)
      if kind == .text {
        var check = text
        let isValid = message.withUnsafeBytes { check.accepts(UnsafeRawBufferPointer(rebasing: $0[begun...])) }
        text = check
        guard isValid else { return .violation(.invalidUTF8) }
      }
    }
    mask = Unmasking.rotated(mask, by: bytes.count)
    return left == 0 ? frameRead() : nil
  }

  private mutating func frameRead() -> Event? {
    stage = .first
    switch opcode {
    case 0x8: return closed()
    case 0x9:
      defer { control = [] }
      return .ping(control)
    case 0xA: return .pong
    default: break
    }
    guard isFinal, let kind else { return nil }
    guard kind == .binary || text.isComplete else { return .violation(.invalidUTF8) }
    self.kind = nil
    defer { message = [] }
    return .message(kind, message)
  }

  private func closed() -> Event {
    guard !control.isEmpty else { return .close(1_000) }
    guard control.count >= 2 else { return .violation(.protocolError) }
    let code = UInt16(control[0]) << 8 | UInt16(control[1])
    guard Self.isCloseCode(code) else { return .violation(.protocolError) }
    var reason = UTF8Check()
    let isText = control.withUnsafeBytes { reason.accepts(UnsafeRawBufferPointer(rebasing: $0[2...])) }
    guard isText, reason.isComplete else { return .violation(.invalidUTF8) }
    return .close(code)
  }

  /// The codes that an endpoint may send: those of RFC 6455 and its registry, of libraries, and of applications.
  private static func isCloseCode(_ code: UInt16) -> Bool {
    switch code {
    case 1_000...1_003, 1_007...1_014, 3_000...4_999: true
    default: false
    }
  }

  private var isControl: Bool { opcode & 0x8 != 0 }

  private mutating func end() {
    stage = .ended
    message = []
    control = []
  }
}

/// How a client broke the rules: what its connection is closed with.
package enum FrameViolation: UInt16, Error, Hashable, Sendable {
  /// Not a frame as RFC 6455 has it.
  case protocolError = 1_002
  /// A message of the kind that this connection does not take.
  case unacceptable = 1_003
  /// Text that is no UTF-8.
  case invalidUTF8 = 1_007
  /// A message that is longer than the connection takes.
  case tooBig = 1_009

  /// The close code.
  package var code: UInt16 { rawValue }

  /// The reason for the close frame.
  package var reason: String {
    switch self {
    case .protocolError: "protocol error"
    case .unacceptable: "unacceptable message type"
    case .invalidUTF8: "invalid UTF-8"
    case .tooBig: "message too big"
    }
  }
}
