import Glibc

/// By what an `amqps://` server is verified, and by what we show who we are there: files in PEM form, read anew for every
/// connection, so that renewed ones are used without a restart.
public struct AMQPCertificates: Hashable, Sendable {
  /// The certificates of the authorities that are trusted; nil for those of the system.
  public var authorities: String?
  /// Our own certificate with those between it and its authority; nil to show none.
  public var certificate: String?
  /// The key of our certificate.
  public var key: String?

  /// Nothing but the system's authorities, unless paths are given.
  public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
    self.authorities = authorities
    self.certificate = certificate
    self.key = key
  }

  /// Nothing is set.
  var isStandard: Bool { self == AMQPCertificates() }

  /// Where systems keep the authorities that they trust: Debian, Fedora, Alpine and BSD.
  private static let systemFiles = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
  ]

  /// The file with the authorities; nil when the system has none.
  var authoritiesFile: String? { authorities ?? Self.systemFiles.first { access($0, R_OK) == 0 } }
}
