/// What a new password must be, after NIST SP 800-63B: long enough, and none that is guessed first. Pure.
///
/// Nothing is asked of the kinds of characters. What is compared is compared in lower case, as it comes, without Unicode
/// normalisation.
public struct PasswordRules: Sendable, Hashable {
  /// What the least length may be set to, in Unicode scalars.
  public static let minimumRange = 8...64

  /// The least length, in Unicode scalars.
  public let minimum: Int

  /// Rules with a least length, which is cut to `minimumRange`.
  public init(minimum: Int = 12) {
    self.minimum = min(max(minimum, Self.minimumRange.lowerBound), Self.minimumRange.upperBound)
  }

  /// Why `password` will not do; nil when it will. `words` are what is known of its user and of the place: names, the address,
  /// the site's name; those of less than three characters are left aside.
  public func weakness(of password: String, words: [String] = []) -> PasswordWeakness? {
    guard password.utf8.count <= PasswordHasher.passwordLength.upperBound else { return .tooLong }
    let lowered = password.lowercased()
    guard password.unicodeScalars.count >= minimum else { return .tooShort(minimum: minimum) }
    if CommonPasswords.builtIn.contains(lowered) || CommonPasswords.builtIn.contains(Self.core(lowered)) {
      return .common
    }
    if isSimple(Array(lowered.unicodeScalars)) { return .simple }
    let parts = words.flatMap(Self.parts(of:)).filter { $0.count >= 3 }.sorted { $0.count > $1.count }
    let rest = parts.reduce(lowered) { $0.replacing($1, with: "") }
    if rest.count < lowered.count, rest.unicodeScalars.count < minimum / 2 { return .personal }
    return nil
  }

  /// `2024password!!` is `password`.
  private static func core(_ text: String) -> String {
    let isLetter = { (scalar: Unicode.Scalar) in scalar.properties.isAlphabetic }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: isLetter), let last = scalars.lastIndex(where: isLetter) else {
      return text
    }
    return String(scalars[first...last])
  }

  /// A word, and where it is an address or several words, its parts.
  private static func parts(of word: String) -> [String] {
    let lowered = word.lowercased()
    return [lowered] + lowered.split { $0 == "@" || $0 == "." || $0 == " " }.map(String.init)
  }

  /// Few different characters, one piece over and over, or mostly runs as in `abcdef123456`, `qwertzuiop` or `aaaa`.
  private func isSimple(_ text: [Unicode.Scalar]) -> Bool {
    if Set(text).count < 5 { return true }
    let period = (1..<text.count).first { period in
      text.count % period == 0 && text.indices.dropFirst(period).allSatisfy { text[$0] == text[$0 - period] }
    }
    if let period, period < minimum { return true }
    return Self.withoutRuns(text) < minimum / 2
  }

  /// How many characters there are when each run of three and more counts as two.
  private static func withoutRuns(_ text: [Unicode.Scalar]) -> Int {
    var count = 0
    var length = 0
    var direction: Int?
    for index in text.indices {
      let step = index == 0 ? nil : step(text[index - 1], text[index])
      if let step, length == 1 || step == direction {
        direction = step
        length += 1
      } else {
        length = 1
        direction = nil
      }
      if length <= 2 { count += 1 }
    }
    return count
  }

  /// The rows of keys of the usual keyboards, the digits and the alphabet.
  private static let rows = [
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm",
    "yxcvbnm",
  ].map { Array($0.unicodeScalars) }

  /// 0 for the same character again, 1 and -1 for a neighbour on one of the rows.
  private static func step(_ from: Unicode.Scalar, _ to: Unicode.Scalar) -> Int? {
    if from == to { return 0 }
    for row in rows {
      for index in row.indices.dropFirst() {
        if row[index - 1] == from, row[index] == to { return 1 }
        if row[index - 1] == to, row[index] == from { return -1 }
      }
    }
    return nil
  }
}

/// Why a password is too easy to guess, or too long.
public enum PasswordWeakness: Error, Hashable, Sendable, CustomStringConvertible {
  /// Fewer characters than the site asks for.
  case tooShort(minimum: Int)
  /// More than 1,024 bytes.
  case tooLong
  /// On the list of common passwords, digits and signs around it left aside.
  case common
  /// Mostly the user's own name or address, or the site's name.
  case personal
  /// A few characters, a repetition or a sequence.
  case simple

  /// One sentence for whoever chose it; holds nothing of the password.
  public var description: String {
    switch self {
    case .tooShort(let minimum): "a password has at least \(minimum) characters"
    case .tooLong: "a password has at most 1024 bytes"
    case .common:
      "this password is among those that are guessed first: choose one that is not a common word or password"
    case .personal: "this password is mostly the user's name, address or site: choose one that nobody knows of you"
    case .simple: "this password is a repetition or a sequence: choose one that does not follow a simple pattern"
    }
  }
}
