import Testing

@testable import Intake

@Suite("AMQP URLs")
struct AMQPURLTests {
  @Test(arguments: [
    ("amqp://h", "h", 5672, "guest", "guest", "/"), ("amqp://h/", "h", 5672, "guest", "guest", "/"),
    ("AMQP://u:p@h:1/v", "h", 1, "u", "p", "v"), ("amqp://u@h", "h", 5672, "u", "", "/"),
    ("amqp://u%40x:p%3A%2F%25@h:65535/%2Fv", "h", 65_535, "u@x", "p:/%", "/v"),
    ("amqp://u:p@[::1]:5673/%2f", "::1", 5673, "u", "p", "/"), ("amqp://u:a@b@h", "h", 5672, "u", "a@b", "/"),
  ])
  func reads(_ text: String, _ host: String, _ port: Int, _ user: String, _ password: String, _ vhost: String) throws {
    let url = try AMQPURL(text)
    #expect((url.host, url.port, url.user, url.password, url.vhost) == (host, port, user, password, vhost))
  }

  @Test(arguments: [
    "", "h", "http://h", "amqpx://u:secretword@h", "amqps://u:secretword@", "amqp://", "amqp://:secretword@h",
    "amqp://u:secretword@",
    "amqp://u:secretword@h:0", "amqp://u:secretword@h:65536", "amqp://u:secretword@h:x", "amqp://u:secretword@h:+1",
    "amqp://u:secretword%@h", "amqp://u:secretword%2@h", "amqp://u:secretword%zz@h", "amqp://u:secretword%00@h",
    "amqp://u:secretword%ff@h", "amqp://u:secretword@h/a/b", "amqp://u:secretword@h?heartbeat=1", "amqp://u:p@[::1",
  ])
  func refuses(_ text: String) {
    let error = #expect(throws: AMQPError.self) { try AMQPURL(text) }
    #expect(error?.code == .invalidURL)
    #expect(error?.description.contains("secretword") == false)
  }

  @Test func isEncryptedWhenItSaysSo() throws {
    let url = try AMQPURL("AMQPS://u:p@h/v", certificates: AMQPCertificates(authorities: "/ca"))
    #expect(url.usesTLS && url.port == 5_671 && url.certificates.authoritiesFile == "/ca")
    #expect(url.description.hasPrefix("amqps://u:***@h:5671"))
    #expect(try !AMQPURL("amqp://h").usesTLS)
    #expect(try AMQPURL("amqps://h", certificates: AMQPCertificates(certificate: "/c", key: "/k")).usesTLS)
  }

  @Test(arguments: [
    ("amqp://h", AMQPCertificates(authorities: "/ca")), ("amqp://h", AMQPCertificates(certificate: "/c", key: "/k")),
    ("amqps://h", AMQPCertificates(certificate: "/c")), ("amqps://h", AMQPCertificates(key: "/k")),
  ])
  func certificatesMustGoTogether(_ text: String, _ certificates: AMQPCertificates) {
    #expect(throws: AMQPError.self) { try AMQPURL(text, certificates: certificates) }
  }

  @Test func doesNotShowThePassword() throws {
    let url = try AMQPURL("amqp://u:secretword@h/v")
    #expect(url.description == "amqp://u:***@h:5672 virtual host v")
    #expect(!"\(url)".contains("secretword"))
  }
}
