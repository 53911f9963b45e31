import Configuration
import Foundation

/// Reads settings from the environment, keeps what it read for `usher config`, and collects every problem instead of
/// stopping at the first.
struct SettingsReader {
  /// One setting as `usher config` shows it.
  struct Row {
    let name: String
    let meaning: String
    let takes: String
    let standard: String?
    /// As it is in force; nil when there is none. A secret reads `(hidden)`.
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

  /// The most bytes of a file named by a `_FILE` setting: 64 KiB.
  static let secretFileLimit = 64 * 1024

  init(environment: [String: String]) {
    reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
  }

  /// The setting `name`, parsed; a value that `parse` refuses is a problem, and the result is then the default's.
  mutating func value<Value>(
    _ name: String, _ meaning: String, takes: String, default standard: String, parse: (String) -> Value?
  ) -> Value {
    let text = text(name)
    rows.append(Row(name: name, meaning: meaning, takes: takes, standard: standard, effective: text ?? standard))
    if let text {
      if let value = parse(text) { return value }
      problems.append(Problem(name: name, message: "'\(text)' is not \(takes)"))
    }
    guard let value = parse(standard) else { preconditionFailure("the default of \(name) does not parse") }
    return value
  }

  /// The setting `name` without a default; nil when it is absent or a problem.
  mutating func optional<Value>(
    _ name: String, _ meaning: String, takes: String, parse: (String) -> Value?
  ) -> Value? {
    let text = text(name)
    rows.append(Row(name: name, meaning: meaning, takes: takes, standard: nil, effective: text))
    guard let text else { return nil }
    let value = parse(text)
    if value == nil { problems.append(Problem(name: name, message: "'\(text)' is not \(takes)")) }
    return value
  }

  /// The secret `name`, or what stands in the file that `name_FILE` names, if `fromFile`. Its value is never shown.
  mutating func secret<Value>(
    _ name: String, _ meaning: String, takes: String, fromFile: Bool = true, parse: (String) -> Value?
  ) -> Value? {
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
    rows.append(
      Row(name: name, meaning: meaning, takes: takes, standard: nil, effective: found == nil ? nil : "(hidden)"))
    guard let found else { return nil }
    let value = parse(found)
    if value == nil { problems.append(Problem(name: name, message: "its value is not \(takes)")) }
    return value
  }

  /// Notes that `name` cannot be used as it is.
  mutating func refuse(_ name: String, _ message: String) { problems.append(Problem(name: name, message: message)) }

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
