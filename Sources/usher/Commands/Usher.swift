import ArgumentParser

/// The executable. Configuration comes from the environment alone; see `usher config`.
@main
struct Usher: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "usher",
    abstract: "A real-time service-queue server.",
    discussion: "Configured by USHER_* environment variables; `usher config` lists them.",
    version: version,
    subcommands: [
      ServeCommand.self, MigrateCommand.self, CheckCommand.self, ConfigCommand.self, UserCommand.self,
      KeysetCommand.self, SigningKeyCommand.self, PublishCommand.self, RepairCommand.self, AuditCommand.self,
      RulesCommand.self, HealthCommand.self,
      DeadLettersCommand.self,
    ])
}
