/// The block-list of passwords that everybody guesses first: 15,000 words built into the program, front-coded.
///
/// A look-up reads the list through, a tenth of a millisecond: nothing is unpacked or kept, as new passwords are rare.
struct CommonPasswords: Sendable {
  /// The list in `common-passwords.txt`, whose head says where it comes from.
  static let builtIn = CommonPasswords(text: PackageResources.common_passwords_txt)

  private static let newline = UInt8(ascii: "\n")
  private let text: [UInt8]

  /// `text` has comments of lines beginning with `#`, then the sorted words, each after a digit to the base of 36: how many
  /// of its first bytes are those of the word before.
  init(text: [UInt8]) { self.text = text }

  /// Whether `word`, in lower case, is on the list.
  func contains(_ word: String) -> Bool {
    let wanted = Array(word.utf8)
    return text.withUnsafeBufferPointer { text in
      var place = 0
      // How many first bytes `wanted` and the last word read have in common.
      var common = 0
      while place < text.count {
        guard let shared = Self.digit(text[place]) else {
          place = Self.lineEnd(text, from: place) + 1
          continue
        }
        place += 1
        let end = Self.lineEnd(text, from: place)
        // A word that shares more with the one before differs from `wanted` where that did.
        if shared <= common {
          common = shared
          while common < wanted.count, place < end, text[place] == wanted[common] {
            place += 1
            common += 1
          }
          if common == wanted.count, place == end { return true }
        }
        place = end + 1
      }
      return false
    }
  }

  private static func lineEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var end = start
    while end < text.count, text[end] != newline { end += 1 }
    return end
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
  }
}
