import Testing

@testable import Gateway

/// RFC 6455, each rule fed as a whole, byte by byte, and cut in two at every place.
@Suite struct FrameReaderTests {
  private typealias Event = FrameReader.Event

  @Test func messages() {
    expect(frame(1, "hello"), [.message(.text, Array("hello".utf8))])
    expect(frame(2, [0, 255, 1]), [.message(.binary, [0, 255, 1])])
    expect(frame(1, ""), [.message(.text, [])])
    expect(frame(1, "a") + frame(1, "b") + frame(2, [3]), [text("a"), text("b"), .message(.binary, [3])])
    // With and without effect of the mask; a mask is any four bytes.
    for mask: [UInt8] in [[0, 0, 0, 0], [255, 255, 255, 255], [1, 0, 0, 128]] {
      expect(frame(1, "Grüße, 世界", mask: mask), [text("Grüße, 世界")])
    }
  }

  @Test func lengths() {
    for count in [0, 1, 7, 8, 9, 124, 125, 126, 127, 128, 65_535, 65_536, 65_537] {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      var reader = FrameReader(limits: .init(message: 100_000, kind: nil))
      #expect(read(&reader, frame(2, payload)) == [.message(.binary, payload)])
    }
    // The shortest form is the only one.
    let key: [UInt8] = [0, 0, 0, 0]
    expect([0x82, 0x80 | 126, 0, 125] + key, [.violation(.protocolError)])
    expect([0x82, 0x80 | 127, 0, 0, 0, 0, 0, 0, 255, 255] + key, [.violation(.protocolError)])
    expect([0x82, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0] + key, [.violation(.protocolError)])
    expect([0x82, 0x80 | 127, 0xFF, 255, 255, 255, 255, 255, 255, 255] + key, [.violation(.protocolError)])
  }

  @Test func aMessageTooBigIsRefusedByItsHead() {
    expect(Array(frame(2, [UInt8](repeating: 0, count: 1_000)).prefix(8)), [], limit: 1_000)
    expect(Array(frame(2, [UInt8](repeating: 0, count: 1_001)).prefix(4)), [.violation(.tooBig)], limit: 1_000)
    expect([0x82, 0x80 | 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], [.violation(.tooBig)])
    // All fragments count.
    let half = [UInt8](repeating: 0x20, count: 60)
    expect(
      frame(1, half, isFinal: false) + frame(9, "p") + Array(frame(0, half).prefix(2)),
      [.ping(Array("p".utf8)), .violation(.tooBig)], limit: 100)
    expect(frame(1, half, isFinal: false) + frame(0, half), [.message(.text, half + half)], limit: 120)
    // Control frames do not.
    expect(frame(9, half), [.ping(half)], limit: 10)
  }

  @Test func masksAreRequired() {
    for opcode: UInt8 in [1, 2, 8, 9, 10] {
      expect([0x80 | opcode, 2], [.violation(.protocolError)])
    }
  }

  @Test func reservedBitsAndOpcodes() {
    for bit: UInt8 in [0x40, 0x20, 0x10] {
      for opcode: UInt8 in [1, 2, 8, 9, 10] { expect([0x80 | bit | opcode], [.violation(.protocolError)]) }
      expect(frame(1, "a", isFinal: false) + [0x80 | bit], [.violation(.protocolError)])
    }
    for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
      expect([0x80 | opcode], [.violation(.protocolError)])
      expect(frame(1, "a") + [0x80 | opcode], [text("a"), .violation(.protocolError)])
    }
  }

  @Test func fragments() {
    expect(
      frame(1, "one ", isFinal: false) + frame(0, "two ", isFinal: false) + frame(0, "three"),
      [text("one two three")])
    expect(frame(1, "", isFinal: false) + frame(0, "", isFinal: false) + frame(0, ""), [text("")])
    expect(
      frame(1, "a", isFinal: false) + frame(9, "in between") + frame(10, "") + frame(0, "b"),
      [.ping(Array("in between".utf8)), .pong, text("ab")])
    expect(frame(0, "orphan"), [.violation(.protocolError)])
    expect(frame(1, "a") + frame(0, "b"), [text("a"), .violation(.protocolError)])
    expect(frame(1, "a", isFinal: false) + frame(1, "b"), [.violation(.protocolError)])
    expect(frame(1, "a", isFinal: false) + frame(2, "b"), [.violation(.protocolError)])
    expect(
      frame(1, "a", isFinal: false) + frame(8, [3, 232]) + frame(0, "b"), [.close(1_000)])
  }

  @Test func controlFrames() {
    expect(frame(9, ""), [.ping([])])
    let longest = [UInt8](repeating: 254, count: 125)
    expect(frame(9, longest) + frame(10, longest), [.ping(longest), .pong])
    for opcode: UInt8 in [8, 9, 10] {
      expect([opcode], [.violation(.protocolError)])
      expect([0x80 | opcode, 0x80 | 126], [.violation(.protocolError)])
      expect([0x80 | opcode, 0x80 | 127], [.violation(.protocolError)])
    }
    // Not text: a ping carries any bytes.
    expect(frame(9, [0xFF, 0x00]), [.ping([0xFF, 0x00])])
  }

  @Test func closeFrames() {
    expect(frame(8, ""), [.close(1_000)])
    expect(frame(8, [3]), [.violation(.protocolError)])
    for code: UInt16 in [1_000, 1_001, 1_002, 1_003, 1_007, 1_008, 1_011, 1_014, 3_000, 3_999, 4_000, 4_999] {
      expect(frame(8, [UInt8(code >> 8), UInt8(code & 255)] + Array("going".utf8)), [.close(code)])
    }
    for code: UInt16 in [0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 1_100, 2_000, 2_999, 5_000, 65_535] {
      expect(frame(8, [UInt8(code >> 8), UInt8(code & 255)]), [.violation(.protocolError)])
    }
    expect(frame(8, [3, 232, 0xCE, 0xBA, 0xE1, 0xBD]), [.violation(.invalidUTF8)])
    expect(frame(8, [3, 232, 0xFF]), [.violation(.invalidUTF8)])
    expect(frame(8, [3, 232] + [UInt8](repeating: 0x41, count: 123)), [.close(1_000)])
    // What comes after a close frame is not looked at.
    expect(frame(8, [3, 232]) + [0xFF, 0xFF] + frame(1, "a"), [.close(1_000)])
  }

  @Test func nothingIsReadAfterAViolation() {
    expect([0x83] + frame(1, "a") + frame(8, ""), [.violation(.protocolError)])
  }

  @Test func textIsUTF8() {
    expect(frame(1, [0xCE, 0xBA, 0xE1, 0xBD, 0xB9]), [.message(.text, [0xCE, 0xBA, 0xE1, 0xBD, 0xB9])])
    // Characters may be cut by fragments, but not by the message's end.
    expect(
      frame(1, [0xF0, 0x9F], isFinal: false) + frame(0, [0x98], isFinal: false) + frame(0, [0x80]), [text("😀")])
    expect(frame(1, [0xF0, 0x9F, 0x98]), [.violation(.invalidUTF8)])
    expect(frame(1, [0xF0, 0x9F], isFinal: false) + frame(0, ""), [.violation(.invalidUTF8)])
    expect(frame(2, [0xF0, 0x9F]), [.message(.binary, [0xF0, 0x9F])])
    // Told at the first byte that cannot be, before the frame is whole, and before the message is.
    let long = frame(1, Array("abc".utf8) + [0xC0] + [UInt8](repeating: 0x41, count: 500))
    expect(Array(long.prefix(4 + 4 + 4)), [.violation(.invalidUTF8)])
    expect(frame(1, [0xED, 0xA0], isFinal: false), [.violation(.invalidUTF8)])
    // The next message begins anew.
    expect(
      frame(2, [0xF0]) + frame(1, "é"), [.message(.binary, [0xF0]), text("é")])
  }

  @Test func theKindOfMessage() {
    expect(frame(1, "{}"), [text("{}")], kind: .text)
    expect([0x82], [.violation(.unacceptable)], kind: .text)
    expect([0x01], [.violation(.unacceptable)], kind: .binary)
    expect(frame(2, [1], isFinal: false) + frame(0, [2]), [.message(.binary, [1, 2])], kind: .binary)
    expect(frame(9, "a") + frame(8, ""), [.ping(Array("a".utf8)), .close(1_000)], kind: .binary)
  }

  // MARK: Means

  private func text(_ text: String) -> Event { .message(.text, Array(text.utf8)) }

  private func expect(
    _ bytes: [UInt8], _ events: [Event], limit: Int = 4_096, kind: FrameReader.Kind? = nil,
    at location: SourceLocation = #_sourceLocation
  ) {
    let limits = FrameReader.Limits(message: limit, kind: kind)
    for cut in 0...bytes.count {
      var reader = FrameReader(limits: limits)
      let told = read(&reader, Array(bytes[..<cut])) + read(&reader, Array(bytes[cut...]))
      #expect(told == events, "cut at \(cut)", sourceLocation: location)
      if told != events { return }
    }
    var reader = FrameReader(limits: limits)
    #expect(bytes.flatMap { read(&reader, [$0]) } == events, "byte by byte", sourceLocation: location)
  }

  private func read(_ reader: inout FrameReader, _ bytes: [UInt8]) -> [Event] {
    var events = [Event]()
    bytes.withUnsafeBytes { bytes in
      var offset = 0
      while let event = reader.next(in: bytes, at: &offset) { events.append(event) }
      #expect(offset == bytes.count)
    }
    return events
  }

  private func frame(_ opcode: UInt8, _ text: String, isFinal: Bool = true, mask: [UInt8] = [9, 200, 3, 77]) -> [UInt8]
  {
    frame(opcode, Array(text.utf8), isFinal: isFinal, mask: mask)
  }

  private func frame(
    _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, mask: [UInt8] = [9, 200, 3, 77]
  ) -> [UInt8] {
    var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
    switch payload.count {
    case ..<126: bytes.append(0x80 | UInt8(payload.count))
    case ..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: bytes += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - $0 * 8)) }
    }
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
  }
}
