import ArgumentParser

/// `usher-bench`: how fast the parts of Usher are on this machine.
@main
struct UsherBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usher-bench",
    abstract: "Measures the parts of Usher on this machine.",
    subcommands: [
      QueueCommand.self, FanoutCommand.self, EstimateCommand.self, EncryptionCommand.self, RestCommand.self,
      IntakeCommand.self,
      RpcCommand.self, LoadCommand.self, CompareCommand.self,
      FanoutServerCommand.self, FanoutFloorCommand.self, RestServerCommand.self,
    ])
}
