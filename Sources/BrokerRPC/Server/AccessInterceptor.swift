import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import X509

/// Who calls, for the methods.
struct Caller: ServerContext.TransportSpecific {
  let roles: Set<ClientRole>

  /// Who calls in `context`; nobody without the interceptor's word.
  static func roles(in context: ServerContext) -> Set<ClientRole> {
    (context.transportSpecific as? Caller)?.roles ?? []
  }
}

/// Lets a caller do what its certificate's names may, and refuses the rest with PERMISSION_DENIED. That the certificate is good was
/// seen to by the handshake.
struct AccessInterceptor: ServerInterceptor {
  /// Nil for connections without certificates, which may do everything: they come from this machine.
  let access: ClientAccess?
  let logger: Logger

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>, context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    guard let access else {
      var context = context
      context.transportSpecific = Caller(roles: [.api])
      return try await next(request, context)
    }
    let certificate = (context.transportSpecific as? HTTP2ServerTransport.Posix.Context)?.peerCertificate
    let names = certificate.map(Self.names) ?? []
    let roles = access.roles(of: names)
    // How the server does is no secret from those who have a good certificate.
    let isProbe = context.descriptor.service == WireHealth.descriptor && certificate != nil
    guard isProbe || roles.contains(where: { $0.allows(context.descriptor.method) }) else {
      logger.warning(
        "A client may not do what it asks for",
        metadata: ["method": "\(context.descriptor.method)", "names": "\(names.joined(separator: " "))"])
      throw RPCError(
        code: .permissionDenied, message: "The certificate's names may not call \(context.descriptor.method)")
    }
    var known = context
    known.transportSpecific = Caller(roles: roles)
    return try await next(request, known)
  }

  /// DNS names in lower case, and URIs.
  private static func names(of certificate: Certificate) -> [String] {
    guard let alternatives = try? certificate.extensions.subjectAlternativeNames else { return [] }
    return alternatives.compactMap { name in
      switch name {
      case .dnsName(let name): name.lowercased()
      case .uniformResourceIdentifier(let name): name
      default: nil
      }
    }
  }
}
