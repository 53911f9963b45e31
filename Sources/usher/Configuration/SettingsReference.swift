/// The reference of all settings, `docs/configuration.md`.
enum SettingsReference {
  /// The whole page. It says the same in every environment.
  static func markdown() -> String {
    let rows = Setting.Concern.allCases.map { concern in
      (concern, declared.filter { $0.concern == concern })
    }
    return introduction
      + rows.map { concern, settings in
        """

        ## \(concern.rawValue)

        | setting | takes | default | roles | meaning |
        |---|---|---|---|---|
        \(settings.map(line).joined(separator: "\n"))

        """
      }.joined()
  }

  private static let introduction = """
    # Configuration

    Usher is configured by environment variables alone. This page is what `usher config --markdown` prints; a test fails where it
    differs from the program. `usher config` prints what is in force, and `usher config --check` tells every mistake of the present
    environment without starting anything (exit code 1 when there is one). `usher check` tries the dependencies, too.

    - An empty variable counts as one that is not set.
    - *roles*: those to which a setting matters; a process without them may leave it out. *needed* in the column *default*: a
      process of that role does not start without it; *when apart* means unless all roles are in one process, and for the
      certificates unless `USHER_GRPC_INSECURE` is true. `USHER_KEYSET` may stand for `USHER_KEYSET_FILE`.
    - A *secret* is never shown, logged or taken from the command line. Where it says so, it may instead stand in a file (at most 64 KiB, blanks
      around it go) that `NAME_FILE` names.
    - A value that is not what a setting takes stops the start, with the names of all such settings. A variable that is no setting does
      nothing; `usher config --check` names it, and takes one that is a letter or two beside a setting's name for a mistake.

    """

  private static let declared: [Setting] = {
    var reader = SettingsReader(environment: [:])
    _ = Settings(&reader)
    return reader.rows.map(\.setting)
  }()

  private static func line(_ setting: Setting) -> String {
    let cells = [
      "`\(setting.name)`", setting.takes, standard(setting),
      setting.roles.count == Role.allCases.count ? "all" : list(setting.roles), meaning(setting),
    ]
    return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }

  private static func standard(_ setting: Setting) -> String {
    if let standard = setting.standard, !standard.isEmpty { return "`\(standard)`" }
    guard let needed = Settings.Needed(rawValue: setting.name) else {
      return setting.standard == nil ? "none" : "empty"
    }
    let roles = Set(Role.allCases.filter { self.needed(by: [$0]).contains(needed) })
    let condition = self.needed(by: Set(Role.allCases)).contains(needed) ? "" : " when apart"
    return "needed by \(roles.count == Role.allCases.count ? "all" : list(roles))\(condition)"
  }

  private static func needed(by roles: Set<Role>) -> Set<Settings.Needed> {
    var reader = SettingsReader(environment: ["USHER_ROLES": roles.map(\.rawValue).joined(separator: ",")])
    return Settings(&reader).role.needed
  }

  private static func list(_ roles: Set<Role>) -> String {
    Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: ", ")
  }

  private static func meaning(_ setting: Setting) -> String {
    guard setting.isSecret else { return setting.meaning }
    return setting.meaning + (setting.hasFile ? ". Secret; or `\(setting.name)_FILE`" : ". Secret")
  }
}
