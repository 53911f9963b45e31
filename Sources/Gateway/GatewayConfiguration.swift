/// Where and how the Gateway listens. Every bound has its default here.
public struct GatewayConfiguration: Sendable {
  /// A host and a port to listen on; port 0 takes a free one.
  public struct Address: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address.
    public var host: String
    /// 0 to 65,535.
    public var port: Int

    /// The address `host:port`.
    public init(host: String, port: Int) {
      self.host = host
      self.port = port
    }

    /// `HOST:PORT`; nil when `text` is not of that form.
    public init?(_ text: String) {
      guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
        (0...65_535).contains(port), colon != text.startIndex
      else { return nil }
      var host = String(text[..<colon])
      if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
      guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
      self.init(host: host, port: port)
    }

    /// `HOST:PORT`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  /// REST and WebSocket.
  public var http: Address
  /// Health and metrics; not for the world.
  public var admin: Address
  /// The site's name: the tokens' audience.
  public var site: String
  /// What clients are told of the server.
  public var version = "usher"
  /// Origins (`https://desk.example.org`) whose pages may use REST and open a WebSocket, besides pages of the same host and
  /// clients that are no pages; `*` allows every one.
  public var allowedOrigins: Set<String> = []
  /// The issuer that access tokens name.
  public var tokenIssuer = "usher"
  /// For how many seconds others may keep the public keys: less than a key is published before it signs.
  public var keySetMaximumAge = 60
  /// The OpenID provider whose users may sign in; nil for none.
  public var openID: OpenIDConfiguration?
  /// Whether the cookie of the console's session is for TLS alone. Browsers take such a cookie from a loopback address, too.
  public var sessionCookieIsSecure = true
  /// How long an access token lives.
  public var accessTokenLifetime: Duration = .seconds(600)
  /// The longest request body, in bytes; longer ones get 413.
  public var maximumBody = 256 * 1_024
  /// The longest body of a bulk of commands, in bytes: 500 with every argument at its longest, and white space between.
  public var maximumBulk = 512 * 1_024
  /// The longest WebSocket message, in bytes; longer ones end the connection with 1009. A bulk of 500 commands fits in.
  public var maximumMessage = 256 * 1_024
  /// The most open WebSockets and event streams; further ones get 503. At 9 KB each they take 180 MB.
  public var maximumConnections = 20_000
  /// The most of them of one user; further ones are closed with 3504, streams get 429. A user may have several screens and
  /// tabs, but a script that opens one after the other must not take the node's room from others.
  public var connectionsPerUser = 50
  /// The most sockets of one address that have not said who they are; further ones are closed at once. A proxy brings
  /// everyone from one address, so the bound is wide: a quarter of `maximumConnections`, for as long as `connectTimeout` each.
  public var unauthenticatedPerAddress = 5_000
  /// How long a socket may take for its first request, and stay idle between requests.
  public var idleTimeout: Duration = .seconds(60)
  /// How long a socket may take for its first request's head.
  public var handshakeTimeout: Duration = .seconds(10)
  /// How many bytes of events may wait for a reader that does not read before it is cut off, beyond the channel's own
  /// 1 MiB.
  public var slowReaderBytes = 1 << 20
  /// How long a reader may take for what waits for it, before the ping behind it counts as unanswered.
  public var slowReaderTime: Duration = .seconds(60)
  /// How long the body of a request may take.
  public var requestTimeout: Duration = .seconds(30)
  /// How many commands a connection may send in a second; twice as many at once, and twice as many frames. Over it commands
  /// get error 111, and who goes on is closed with 3509.
  public var commandRate: Int {
    get { rate.commands }
    set {
      rate.commands = newValue
      rate.frames = 2 * newValue
    }
  }
  /// How long the server waits for the client's close frame, and for the last event of a stream to be taken.
  public var closeTimeout: Duration = .seconds(5)
  /// At a shutdown, over how long the clients are asked to come back; what is left a second later is closed with 1001.
  public var shutdownSpread: Duration = .seconds(2)
  /// At a shutdown, after how long what has not ended is ended.
  public var shutdownGrace: Duration = .seconds(15)
  /// The proxies that are believed when they say where a request comes from.
  public var trustedProxies = TrustedProxies()
  /// Failed sign-ins from one address before this node refuses further ones; five more are allowed a second.
  public var loginBurstPerAddress = 100

  var session = CentrifugeSession.Limits()
  var rate = CommandRate.Limits()

  /// A configuration with the defaults for all but the addresses and the site.
  public init(http: Address, admin: Address, site: String) {
    self.http = http
    self.admin = admin
    self.site = site
  }
}
