import Testing

@testable import Gateway

@Suite struct UTF8CheckTests {
  /// Swift's own reader of UTF-8 says the same, of everything up to three bytes and a bit beyond, cut anywhere.
  @Test func asTheStandardLibrary() {
    let bytes: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
      0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    var number = 0
    for first in bytes {
      for second in bytes {
        for third in bytes {
          number += 1
          let text = [first, second, third]
          let isValid = String(validating: text, as: UTF8.self) != nil
          #expect(accepts([text]) == isValid, "\(text)")
          #expect(accepts([[first], [second], [third]]) == isValid, "\(text)")
          // Behind, and across, what is looked at eight bytes at a time.
          if number % 7 == 0 {
            let long = Array("twelve bytes".utf8) + text + Array("and more than eight".utf8)
            #expect(accepts([long]) == (String(validating: long, as: UTF8.self) != nil), "\(text)")
          }
        }
      }
    }
    for text in ["", "plain", "Grüße", "世界", "😀", "\u{10FFFF}", "\u{D7FF}\u{E000}"] {
      #expect(accepts([Array(text.utf8)]))
      #expect(accepts(text.utf8.map { [$0] }))
    }
    #expect(!accepts([[0xF4, 0x90, 0x80, 0x80]]))
    #expect(!accepts([[0xF0, 0x8F, 0xBF, 0xBF]]))
  }

  private func accepts(_ pieces: [[UInt8]]) -> Bool {
    var check = UTF8Check()
    for piece in pieces {
      guard piece.withUnsafeBytes({ check.accepts($0) }) else { return false }
    }
    return check.isComplete
  }
}
