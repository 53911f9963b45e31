import Configuration
import Foundation

/// Reads settings from the environment, keeps what it read for `usher config`, and collects every problem instead of
/// stopping at the first.
struct SettingsReader {
  /// One setting and what is in force.
  struct Row {
    let setting: Setting
    /// Nil when there is none. A secret reads `set`.
    let effective: String?
  }

  /// A setting that cannot be used as it is.
  struct Problem: CustomStringConvertible {
    let name: String
    let message: String
    var description: String { "\(name): \(message)" }
  }

  private(set) var rows: [Row] = []
  private(set) var problems: [Problem] = []
  private let reader: ConfigReader
  private var concern = Setting.Concern.process
  private var roles = Set(Role.allCases)

  /// The most bytes of a file named by a `_FILE` setting: 64 KiB.
  static let secretFileLimit = 64 * 1024

  init(environment: [String: String]) {
    reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
  }

  /// Says what the settings that follow are about, and to which roles they matter: all of them unless told.
  mutating func begin(_ concern: Setting.Concern, _ roles: Role...) {
    self.concern = concern
    self.roles = Set(roles.isEmpty ? Role.allCases : roles)
  }

  /// The setting `name`, parsed; a value that `parse` refuses is a problem, and the result is then the default's.
  mutating func value<Value>(
    _ name: String, _ meaning: String, takes: String, default standard: String, parse: (String) -> Value?
  ) -> Value {
    let text = text(name)
    note(declared(name, meaning, takes, standard), effective: text ?? standard)
    if let text {
      if let value = parse(text) { return value }
      problems.append(Problem(name: name, message: "'\(text)' is not \(takes)"))
    }
    guard let value = parse(standard) else { preconditionFailure("the default of \(name) does not parse") }
    return value
  }

  /// A whole number in `range`; `unit` is a plural, and empty for bare counts.
  mutating func integer(
    _ name: String, _ meaning: String, _ range: ClosedRange<Int>, _ unit: String = "", default standard: Int
  ) -> Int {
    let takes = "\(range.lowerBound) to \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
    return value(name, meaning, takes: takes, default: "\(standard)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// The setting `name` without a default; nil when it is absent or a problem.
  mutating func optional<Value>(
    _ name: String, _ meaning: String, takes: String, parse: (String) -> Value?
  ) -> Value? {
    optional(declared(name, meaning, takes, nil), parse: parse)
  }

  /// The path of a file, of at most 4,096 bytes.
  mutating func path(_ name: String, _ meaning: String) -> String? {
    var setting = declared(name, meaning, "a path", nil)
    setting.isPath = true
    return optional(setting) { $0.utf8.count <= 4_096 ? $0 : nil }
  }

  /// The secret `name`, or what stands in the file that `name_FILE` names, if `fromFile`. Its value is never shown.
  mutating func secret<Value>(
    _ name: String, _ meaning: String, takes: String, fromFile: Bool = true, parse: (String) -> Value?
  ) -> Value? {
    var setting = declared(name, meaning, takes, nil)
    setting.isSecret = true
    setting.hasFile = fromFile
    var found = text(name)
    if fromFile, let path = text(name + "_FILE") {
      if found != nil {
        problems.append(Problem(name: name, message: "both it and \(name)_FILE are set; set one"))
      }
      do {
        found = try Self.contents(of: path)
      } catch {
        problems.append(Problem(name: name + "_FILE", message: "cannot be read: \(error)"))
      }
    }
    note(setting, effective: found == nil ? nil : "set")
    guard let found else { return nil }
    let value = parse(found)
    if value == nil { problems.append(Problem(name: name, message: "its value is not \(takes)")) }
    return value
  }

  /// Notes that `name` cannot be used as it is.
  mutating func refuse(_ name: String, _ message: String) { problems.append(Problem(name: name, message: message)) }

  private func declared(_ name: String, _ meaning: String, _ takes: String, _ standard: String?) -> Setting {
    Setting(name: name, concern: concern, roles: roles, meaning: meaning, takes: takes, standard: standard)
  }

  private mutating func optional<Value>(_ setting: Setting, parse: (String) -> Value?) -> Value? {
    let text = text(setting.name)
    note(setting, effective: text)
    guard let text else { return nil }
    let value = parse(text)
    if value == nil { problems.append(Problem(name: setting.name, message: "'\(text)' is not \(setting.takes)")) }
    return value
  }

  private mutating func note(_ setting: Setting, effective: String?) {
    rows.append(Row(setting: setting, effective: effective))
  }

  private func text(_ name: String) -> String? {
    let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
    guard let text = reader.string(forKey: key, isSecret: true), !text.isEmpty else { return nil }
    return text
  }

  private static func contents(of path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw SettingsError("no such file, or not readable") }
    defer { try? file.close() }
    let data = try file.read(upToCount: secretFileLimit + 1) ?? Data()
    guard data.count <= secretFileLimit else { throw SettingsError("longer than \(secretFileLimit) bytes") }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The configuration cannot be used; the message names each setting and what it takes.
struct SettingsError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
