import ServiceQueue

/// The functions in `usher.lua`. Their names carry a hash of the text: servers of two versions can share a Redis.
struct FunctionLibrary: Sendable {
  /// The text, with the version filled in.
  let text: [UInt8]
  /// `usher_` and 8 hexadecimal digits.
  let name: String

  /// The library that is built into this program.
  static let builtIn = FunctionLibrary(template: PackageResources.usher_lua)

  init(template: [UInt8]) {
    let version = String(SHA1.hexadecimal(template).prefix(8))
    name = "usher_" + version
    text = Array(String(decoding: template, as: UTF8.self).replacing("@VERSION@", with: version).utf8)
  }

  /// Loads it; `objection(to:)` judges the answer.
  var load: RedisCommand {
    var command = RedisCommand("FUNCTION", "LOAD")
    command.append(text)
    return command
  }

  /// Why the answer to `load`, or to a change on a new connection, will not do. That the library is there already will; that
  /// Redis is full or cannot write will too, since questions are still answered.
  static func objection(to answer: RedisValue) -> String? {
    switch answer {
    case .error(let text) where text.contains("already exists"): nil
    case .error(let text) where text.hasPrefix("OOM") || text.hasPrefix("MISCONF"): nil
    case .error(let text): text
    case .string, .status, .integer, .null, .array: nil
    }
  }

  /// `FCALL` of a change, up to the keys.
  func change(_ function: String, keys: Int, capacity: Int = 1_536) -> RedisCommand {
    call("FCALL", function, keys, capacity)
  }

  /// `FCALL_RO` of a question, up to the keys.
  func question(_ function: String, keys: Int) -> RedisCommand {
    call("FCALL_RO", function, keys, 512)
  }

  private func call(_ verb: String, _ function: String, _ keys: Int, _ capacity: Int) -> RedisCommand {
    var command = RedisCommand(capacity: capacity)
    command.append(verb)
    command.append(joined: name, "_", function)
    command.append(keys)
    return command
  }
}
