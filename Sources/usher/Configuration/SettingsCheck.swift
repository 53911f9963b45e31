import Foundation

/// Everything that is wrong with an environment, found without starting or connecting anything.
struct SettingsCheck {
  /// What keeps a server of these roles from starting, one line each, and names that look like a setting's misspelt.
  private(set) var mistakes: [String] = []
  /// `USHER_*` variables that are no settings.
  private(set) var unknown: [String] = []

  init(environment: [String: String]) async {
    var reader = SettingsReader(environment: environment)
    let settings = Settings(&reader)
    mistakes = reader.problems.map(\.description) + settings.missing(of: settings.role.needed, in: reader)
    for row in reader.rows where row.setting.isPath {
      guard let path = row.effective, !FileManager.default.isReadableFile(atPath: path) else { continue }
      mistakes.append("\(row.setting.name): there is no readable file \(path)")
    }
    lookForUnknown(Set(environment.keys), settings: reader.rows.flatMap(\.setting.variables))
    // What goes together is looked at once each value is good by itself.
    guard mistakes.isEmpty else { return }
    await tryOut(settings)
  }

  /// Makes of the settings what a server would.
  private mutating func tryOut(_ settings: Settings) async {
    let role = settings.role
    note { () throws(SettingsError) in _ = try role.listener() }
    note { () throws(SettingsError) in _ = try role.connection(timeout: .seconds(1)) }
    if role.hasBroker { note { () throws(SettingsError) in _ = try Foundations.broker(settings) } }
    if settings.amqpURL != nil { note { () throws(SettingsError) in _ = try Foundations.amqp(settings) } }
    if role.roles.contains(.consumer) { note { () throws(SettingsError) in _ = try Foundations.rules(settings) } }
    if role.roles.contains(.api) {
      note { () throws(SettingsError) in _ = try Foundations.userStore(settings) }
      note { () throws(SettingsError) in _ = try settings.openID.configuration() }
    }
    guard role.roles != [.broker] else { return }
    do throws(SettingsError) { _ = try await Foundations.sealing(settings) } catch {
      mistakes.append(error.description)
    }
  }

  private mutating func note(_ body: () throws(SettingsError) -> Void) {
    do throws(SettingsError) { try body() } catch { mistakes.append(error.description) }
  }

  private mutating func lookForUnknown(_ names: Set<String>, settings: [String]) {
    for name in names.subtracting(settings).sorted() where name.hasPrefix("USHER_") {
      let nearest = settings.map { ($0, Self.distance(name, $0)) }.min { $0.1 < $1.1 }
      if let (setting, distance) = nearest, distance <= 2 {
        mistakes.append("\(name): is not a setting; \(setting) is")
      } else {
        unknown.append(name)
      }
    }
  }

  /// How many letters must be put in, taken out or changed to make one of the other.
  static func distance(_ one: String, _ other: String) -> Int {
    let other = Array(other.utf8)
    var row = Array(0...other.count)
    for (number, letter) in one.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = number + 1
      for place in other.indices {
        let changed = diagonal + (letter == other[place] ? 0 : 1)
        diagonal = row[place + 1]
        row[place + 1] = min(changed, row[place] + 1, row[place + 1] + 1)
      }
    }
    return row[other.count]
  }
}
