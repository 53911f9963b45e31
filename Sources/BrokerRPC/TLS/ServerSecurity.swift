import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import Metrics
import NIOCertificateReloading
import X509

/// A certificate, its key, and the authority that signed those of the peers: paths of PEM files.
public struct CertificateFiles: Hashable, Sendable {
  /// The certificate, and those between it and the authority.
  public let certificate: String
  /// Its private key.
  public let key: String
  /// The certificates of the authorities whose peers are trusted.
  public let authority: String

  /// The three paths.
  public init(certificate: String, key: String, authority: String) {
    self.certificate = certificate
    self.key = key
    self.authority = authority
  }

  /// How often the files of certificate and key are looked at. New connections use what is there then; a pair that cannot be used
  /// leaves the one before in use.
  static let interval = Duration.seconds(2)

  /// Reads certificate and key, and again whenever they change. The authority's file is read once.
  func reloader(logger: Logger) throws -> TimedCertificateReloader {
    let expiry = Gauge(label: "usher_grpc_certificate_expiry_timestamp_seconds")
    return try TimedCertificateReloader.makeReloaderValidatingSources(
      configuration: .init(
        refreshInterval: Self.interval,
        certificateSource: .init(location: .file(path: certificate), format: .pem),
        privateKeySource: .init(location: .file(path: key), format: .pem)
      ) {
        $0.onCertificateLoaded = { change in
          if let leaf = change.currentX509CertificateChain.first {
            expiry.record(leaf.notValidAfter.timeIntervalSince1970)
          }
          guard change.previousX509CertificateChain != change.currentX509CertificateChain else { return }
          guard change.previousX509CertificateChain != nil else { return }
          logger.notice("took over the changed certificate")
        }
        $0.onCertificateLoadFailed = { failure in
          logger.error(
            "the certificate cannot be used: the one before stays in use", metadata: ["error": "\(failure.error)"])
        }
      })
  }

  var trusted: TLSConfig.TrustRootsSource { .certificates([.file(path: authority, format: .pem)]) }
}

/// Who may connect to the Broker.
public enum ServerSecurity: Sendable {
  /// Whoever has a certificate of the authority; what it may call its names say.
  case mutualTLS(CertificateFiles, ClientAccess)
  /// Everyone who reaches the listener: for one that listens on this machine alone.
  case plaintext

  var access: ClientAccess? {
    switch self {
    case .mutualTLS(_, let access): access
    case .plaintext: nil
    }
  }

  func transport(
    logger: Logger
  ) throws -> (HTTP2ServerTransport.Posix.TransportSecurity, TimedCertificateReloader?) {
    switch self {
    case .plaintext: return (.plaintext, nil)
    case .mutualTLS(let files, _):
      let reloader = try files.reloader(logger: logger)
      let security = try HTTP2ServerTransport.Posix.TransportSecurity.mTLS(certificateReloader: reloader) {
        $0.trustRoots = files.trusted
        $0.requireALPN = true
      }
      return (security, reloader)
    }
  }
}

/// How the Broker is connected to.
public enum ClientSecurity: Sendable {
  /// With a certificate of our own, to one whose certificate has the name.
  case mutualTLS(CertificateFiles, brokerName: String)
  /// In the clear, on this machine.
  case plaintext

  /// What the Broker's certificate must name.
  var brokerName: String? {
    switch self {
    case .mutualTLS(_, let name): name
    case .plaintext: nil
    }
  }

  func transport(
    logger: Logger
  ) throws -> (HTTP2ClientTransport.Posix.TransportSecurity, TimedCertificateReloader?) {
    switch self {
    case .plaintext: return (.plaintext, nil)
    case .mutualTLS(let files, _):
      let reloader = try files.reloader(logger: logger)
      let security = try HTTP2ClientTransport.Posix.TransportSecurity.mTLS(certificateReloader: reloader) {
        $0.trustRoots = files.trusted
        $0.serverCertificateVerification = .fullVerification
      }
      return (security, reloader)
    }
  }
}
