/// A stored password: `$scrypt$ln=15,r=8,p=3$SALT$HASH`, both in base64 without padding.
struct PHCString: Equatable {
  static let saltLength = 16
  static let hashLength = 32
  private static let maximumLength = 256

  let parameters: ScryptParameters
  let salt: [UInt8]
  let hash: [UInt8]

  init(parameters: ScryptParameters, salt: [UInt8], hash: [UInt8]) {
    self.parameters = parameters
    self.salt = salt
    self.hash = hash
  }

  /// Nil unless `text` has exactly this form, its parameters are within ``ScryptParameters``' bounds, and salt and hash
  /// have 8 to 64 and 16 to 64 bytes.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength else { return nil }
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
      let parameters = Self.parameters(parts[2]),
      let salt = Base64.decode(parts[3], padded: false), 8...64 ~= salt.count,
      let hash = Base64.decode(parts[4], padded: false), 16...64 ~= hash.count
    else { return nil }
    self.init(parameters: parameters, salt: salt, hash: hash)
  }

  var text: String {
    let numbers = "ln=\(parameters.logN),r=\(parameters.r),p=\(parameters.p)"
    return "$scrypt$\(numbers)$\(Base64.encode(salt, padded: false))$\(Base64.encode(hash, padded: false))"
  }

  /// Whether a new hash by `current` would have this form.
  func isCurrent(_ current: ScryptParameters) -> Bool {
    parameters == current && salt.count == Self.saltLength && hash.count == Self.hashLength
  }

  private static func parameters(_ text: Substring) -> ScryptParameters? {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == 3, let logN = number(fields[0], "ln="), let r = number(fields[1], "r="),
      let p = number(fields[2], "p=")
    else { return nil }
    return ScryptParameters(logN: logN, r: r, p: p)
  }

  /// One or two digits without a leading zero.
  private static func number(_ field: Substring, _ name: String) -> Int? {
    guard field.hasPrefix(name) else { return nil }
    let digits = field.dropFirst(name.count).utf8
    guard 1...2 ~= digits.count, digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
