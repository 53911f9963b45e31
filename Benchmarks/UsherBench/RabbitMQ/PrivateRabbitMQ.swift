import FieldEncryption
import Foundation
import Glibc
import Intake

/// A RabbitMQ node of our own with a port mapper of its own, on free ports of the loopback interface, gone with its data afterwards.
struct PrivateRabbitMQ: Sendable {
  /// Where it is, with the password.
  let text: String
  /// The same.
  let url: AMQPURL

  private static let startLimit = Duration.seconds(90)
  private static let programs = "/usr/lib/rabbitmq/bin"

  /// Starts it in a new folder in `parent`, gives it to `body`, and ends it whatever happens.
  static func with<Value>(in parent: URL, _ body: (PrivateRabbitMQ) async throws -> Value) async throws -> Value {
    try await ScratchFolder.with(in: parent) { folder in
      let ports = (mapper: try Loopback.freePort(), node: try Loopback.freePort(), inner: try Loopback.freePort())
      let mapper = process("epmd", ["-port", "\(ports.mapper)", "-address", "127.0.0.1"], [:])
      try mapper.run()
      defer { end(mapper) }
      let password = try SecureRandom.bytes(24).map { String($0, radix: 16) }.joined()
      try configure(folder, port: ports.node, password: password)
      let node = process(
        "\(programs)/rabbitmq-server", [], environment(folder, mapper: ports.mapper, inner: ports.inner))
      try node.run()
      defer { end(node) }
      try await awaitStart(of: node, ports.node)
      let text = "amqp://bench:\(password)@127.0.0.1:\(ports.node)/"
      return try await body(PrivateRabbitMQ(text: text, url: try AMQPURL(text)))
    }
  }

  /// The folder is ours alone, and so is the password in it. The cookie admits to the node's inner port.
  private static func configure(_ folder: URL, port: Int, password: String) throws {
    let files = [
      "rabbitmq.conf": """
      listeners.tcp.default = 127.0.0.1:\(port)
      default_user = bench
      default_pass = \(password)
      default_vhost = /
      vm_memory_high_watermark.relative = 0.4
      disk_free_limit.absolute = 200MB
      log.console = false
      log.file = false

      """,
      ".erlang.cookie": try SecureRandom.bytes(24).map { String($0, radix: 16) }.joined(),
      "enabled_plugins": "[].\n", "rabbitmq-env.conf": "",
    ]
    for (name, content) in files {
      let file = folder.appending(path: name).path()
      try Data(content.utf8).write(to: URL(filePath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
    }
  }

  private static func environment(_ folder: URL, mapper: Int, inner: Int) -> [String: String] {
    let path = folder.path()
    return [
      "HOME": path, "ERL_EPMD_PORT": "\(mapper)", "ERL_EPMD_ADDRESS": "127.0.0.1",
      "RABBITMQ_NODENAME": "bench-\(mapper)@localhost", "RABBITMQ_DIST_PORT": "\(inner)",
      "RABBITMQ_CONF_ENV_FILE": "\(path)/rabbitmq-env.conf", "RABBITMQ_CONFIG_FILE": "\(path)/rabbitmq.conf",
      "RABBITMQ_ADVANCED_CONFIG_FILE": "\(path)/advanced.config",
      "RABBITMQ_ENABLED_PLUGINS_FILE": "\(path)/enabled_plugins", "RABBITMQ_MNESIA_BASE": "\(path)/mnesia",
      "RABBITMQ_LOG_BASE": path, "RABBITMQ_PID_FILE": "\(path)/server.pid",
      // With input allowed the start script replaces itself with the Erlang machine, and its process id is the node's;
      // -noinput then takes the input away again.
      "RABBITMQ_ALLOW_INPUT": "true",
      "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput -kernel inet_dist_use_interface {127,0,0,1}",
    ]
  }

  private static func process(_ program: String, _ arguments: [String], _ environment: [String: String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--default-signal", program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// At once: there is nothing to save.
  private static func end(_ process: Process) {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  private static func awaitStart(of process: Process, _ port: Int) async throws {
    let end = ContinuousClock.now + startLimit
    while ContinuousClock.now < end {
      guard process.isRunning else {
        throw BenchError("rabbitmq-server ended at its start: is it installed (apt install rabbitmq-server)?")
      }
      if Loopback.listens(on: port) { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw BenchError("rabbitmq-server does not listen after \(startLimit)")
  }
}
