import Logging
import Reactor
import ServiceLifecycle

/// What a role starts: its services in their order, what it needs to be ready, and the threads that end after everything.
struct Part {
  var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
  var probes: [Probe] = []
  var reactors: [Reactor] = []

  /// A thread for this part.
  mutating func reactor(_ name: String) throws(SettingsError) -> Reactor {
    let reactor = try Foundations.reactor(name)
    reactors.append(reactor)
    return reactor
  }

  /// Starts `service` after those that are there; its end ends the process.
  mutating func add(_ service: any ServiceLifecycle.Service) { services.append(.init(service: service)) }
}

extension Logger {
  /// This logger under the label `usher.NAME`.
  func part(_ name: String) -> Logger { Logger(label: "usher.\(name)") }
}
