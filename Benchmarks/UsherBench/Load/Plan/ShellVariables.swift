/// The variables of a file that a shell reads, as `ops/run` writes them: `export NAME='value'`. Pure.
enum ShellVariables {
  /// Lines that set no variable are passed over; the quotes of `'` and `\` are undone.
  static func read(_ text: String) -> [String: String] {
    var variables: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let line = line.hasPrefix("export ") ? line.dropFirst("export ".count) : line
      guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { continue }
      variables[String(line[..<equals])] = unquoted(line[line.index(after: equals)...])
    }
    return variables
  }

  private static func unquoted(_ text: Substring) -> String {
    var value = ""
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if isEscaped {
        value.append(character)
        isEscaped = false
      } else if character == "'" {
        isQuoted.toggle()
      } else if character == "\\", !isQuoted {
        isEscaped = true
      } else {
        value.append(character)
      }
    }
    return value
  }
}
