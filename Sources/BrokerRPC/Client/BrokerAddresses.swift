import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Where a Broker listens.
public struct BrokerAddress: Hashable, Sendable {
  /// A name or an address.
  public let host: String
  /// Its port.
  public let port: Int

  /// The address `host:port`.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }
}

/// Several brokers of one site: any of them will do.
struct BrokerTarget: ResolvableTarget {
  let addresses: [BrokerAddress]
}

/// Looks every name up, each time that a connection is to be made.
struct BrokerResolverFactory: NameResolverFactory {
  func resolver(for target: BrokerTarget) -> NameResolver {
    NameResolver(
      names: RPCAsyncSequence(wrapping: BrokerResolution(addresses: target.addresses)), updateMode: .pull)
  }
}

private struct BrokerResolution: AsyncSequence, Sendable {
  let addresses: [BrokerAddress]

  func makeAsyncIterator() -> Iterator { Iterator(addresses: addresses) }

  struct Iterator: AsyncIteratorProtocol {
    let addresses: [BrokerAddress]

    /// Those that are found; throws when none is.
    mutating func next() async throws -> NameResolutionResult? {
      var found: [SocketAddress] = []
      var failure: (any Error)?
      for address in addresses {
        do {
          found += try await address.resolved()
        } catch {
          failure = error
        }
      }
      if found.isEmpty, let failure { throw failure }
      return NameResolutionResult(endpoints: [Endpoint(addresses: found)], serviceConfig: nil)
    }
  }
}

extension BrokerAddress {
  fileprivate func resolved() async throws -> [SocketAddress] {
    let names = NameResolvers.DNS().resolver(for: .dns(host: host, port: port)).names
    for try await result in names { return result.endpoints.flatMap(\.addresses) }
    return []
  }
}

extension SocketAddress {
  /// The address to listen on.
  static func listening(host: String, port: Int) async throws -> SocketAddress {
    guard let address = try await BrokerAddress(host: host, port: port).resolved().first else {
      throw RPCError(code: .invalidArgument, message: "\(host) has no address to listen on")
    }
    return address
  }
}
