import GRPCCore
import SwiftProtobuf

extension RemoteBroker {
  /// How long a probe waits.
  private static let probeTimeout = Duration.seconds(1)

  /// Nil when a broker is connected and can use its Redis; otherwise what is wrong, as a sentence.
  public func failure() async -> String? {
    let health = WireHealth.Client(wrapping: client)
    let request = WireHealthCheckRequest.with { $0.service = WireBroker.descriptor.fullyQualifiedService }
    do {
      let answer = try await health.check(request, options: options(timeout: Self.probeTimeout, waitForReady: false))
      return answer.status == .serving ? nil : "it does not serve: its Redis cannot be used, or it shuts down"
    } catch let error as RPCError {
      return "unavailable: \(error.code)\(error.cause.map { ", \($0)" } ?? "")"
    } catch {
      return "unavailable"
    }
  }
}
