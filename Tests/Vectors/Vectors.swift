import FieldEncryption
import Foundation

/// `usher-vectors`: carries out known answers by the server's own code. A JSON object a line comes in and one goes out.
///
/// Operations: `seal`, `open` (`key`, `iv`, `aad`, `msg` or `ct` and `tag`), `scrypt` (`password`, `salt`, `logN`, `r`, `p`,
/// `length`), `fork` (`count`: nonces drawn by the parent and a forked child). Bytes are hexadecimal. What cannot be done is
/// answered by `{"error": ...}`.
@main
enum Vectors {
  static func main() throws {
    let decoder = JSONDecoder()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    while let line = readLine() {
      let answer: Answer
      do {
        answer = try decoder.decode(Question.self, from: Data(line.utf8)).answer()
      } catch {
        answer = Answer(error: "\(error)")
      }
      FileHandle.standardOutput.write(try encoder.encode(answer) + [0x0A])
    }
  }
}

/// One line of the input.
struct Question: Decodable {
  var op: String
  var key: Hex?
  var iv: Hex?
  var aad: Hex?
  var msg: Hex?
  var ct: Hex?
  var tag: Hex?
  var password: Hex?
  var salt: Hex?
  var logN: Int?
  var r: Int?
  var p: Int?
  var length: Int?
  var count: Int?

  func answer() throws -> Answer {
    switch op {
    case "seal": try seal()
    case "open": try open()
    case "scrypt": try scrypt()
    case "fork": try Fork.nonces(count ?? 1)
    default: throw Fault(description: "unknown operation")
    }
  }

  private func seal() throws -> Answer {
    var cipher = try cipher()
    let sealed = try cipher.seal(try bytes(msg), associatedData: try bytes(aad), fixedNonce: try nonce())
    let body = sealed.dropFirst(KeyedCipher.prefixLength + KeyedCipher.nonceLength)
    return Answer(ct: Hex(Array(body.dropLast(16))), tag: Hex(Array(body.suffix(16))))
  }

  private func open() throws -> Answer {
    var cipher = try cipher()
    let tag = try bytes(tag)
    guard tag.count == 16 else { throw Fault(description: "a tag has 16 bytes") }
    let sealed = [0x01, 0, 0, 0, 1] + (try nonce()) + (try bytes(ct)) + tag
    return Answer(msg: Hex(try cipher.open(sealed, associatedData: try bytes(aad))))
  }

  private func scrypt() throws -> Answer {
    guard let logN, let r, let p, let length, let parameters = ScryptParameters(logN: logN, r: r, p: p) else {
      throw Fault(description: "parameters out of bounds")
    }
    let hash = try Scrypt.derive(
      password: SecretBytes(copying: try bytes(password)), salt: try bytes(salt), parameters: parameters,
      length: length)
    return Answer(msg: Hex(hash))
  }

  private func cipher() throws -> KeyedCipher {
    let key = try bytes(key)
    guard key.count == 32 else { throw Fault(description: "a key has 32 bytes") }
    return KeyedCipher(id: 1, key: SecretBytes(copying: key))
  }

  private func nonce() throws -> [UInt8] {
    let nonce = try bytes(iv)
    guard nonce.count == KeyedCipher.nonceLength else { throw Fault(description: "a nonce has 12 bytes") }
    return nonce
  }

  private func bytes(_ hex: Hex?) throws -> [UInt8] {
    guard let hex else { throw Fault(description: "a field is missing") }
    return hex.bytes
  }
}

/// One line of the output.
struct Answer: Encodable {
  var error: String?
  var msg: Hex?
  var ct: Hex?
  var tag: Hex?
  var parent: [Hex]?
  var child: [Hex]?
}

/// Why a question has no answer.
struct Fault: Error, CustomStringConvertible {
  let description: String
}

/// Bytes as hexadecimal digits.
struct Hex: Codable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(from decoder: any Decoder) throws {
    let digits = Array(try decoder.singleValueContainer().decode(String.self).utf8)
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count - 1, by: 2) {
      guard let byte = UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) else {
        throw Fault(description: "not hexadecimal")
      }
      bytes.append(byte)
    }
    guard digits.count.isMultiple(of: 2) else { throw Fault(description: "half a byte") }
    self.bytes = bytes
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
  }
}
