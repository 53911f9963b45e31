import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// What a server says of itself on its admin listener.
public struct HealthAnswer: Sendable {
  /// What can be asked.
  public enum Question: String, Sendable {
    /// Whether the process runs.
    case live
    /// Whether all is there that it needs.
    case ready
  }

  /// True when the answer to the question is yes.
  public let isGood: Bool
  /// The answer in full, without secrets: JSON, one dependency a line.
  public let text: String

  private static let patience = TimeAmount.seconds(3)
  private static let longest = 65_536

  /// Asks the server that listens at `listener`; nil when it does not answer within three seconds.
  public static func asked(of listener: GatewayConfiguration.Address, _ question: Question) async -> HealthAnswer? {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout = .init(connect: patience, read: patience)
    return try? await HTTPClient.withHTTPClient(configuration: configuration) { client in
      let request = HTTPClientRequest(url: "http://\(listener)/health/\(question.rawValue)")
      let response = try await client.execute(request, timeout: patience)
      let text = String(buffer: try await response.body.collect(upTo: longest))
      return HealthAnswer(isGood: response.status == .ok, text: text)
    }
  }
}

extension GatewayConfiguration.Address {
  /// Where to call from the same machine: a listener on every address is reached by the loopback's.
  public var reachable: Self {
    switch host {
    case "0.0.0.0": Self(host: "127.0.0.1", port: port)
    case "::": Self(host: "::1", port: port)
    default: self
    }
  }
}
