import Gateway

/// The settings of an OpenID provider, all off unless an issuer is named.
struct OpenIDSettings: Sendable {
  var issuer: String?
  var audience: String?
  var keysFile: String?
  var keysURL: OpenIDConfiguration.KeySource?
  var levels: [OpenIDConfiguration.LevelRule]
  var queuesClaim: String?
  var skillsClaim: String?
  var nameClaim: String?

  init(_ reader: inout SettingsReader) {
    reader.begin(.openID, .api)
    issuer = reader.optional(
      "USHER_OIDC_ISSUER", "the OpenID provider whose users may sign in, as its tokens name it",
      takes: "1 to 255 printable characters of ASCII", parse: Parse.word)
    audience = reader.optional(
      "USHER_OIDC_AUDIENCE", "the audience that the provider's tokens must have",
      takes: "1 to 255 printable characters of ASCII", parse: Parse.word)
    keysFile = reader.path(
      "USHER_OIDC_JWKS_FILE", "a file with the provider's keys; read again when it changes")
    keysURL = reader.optional(
      "USHER_OIDC_JWKS_URL", "where the provider's keys are, in place of a file",
      takes: "a URL with https, or with http on the loopback", parse: OpenIDConfiguration.KeySource.init(url:))
    levels = reader.value(
      "USHER_OIDC_LEVELS", "which claim gives which access level; the first that matches counts",
      takes: "a list of CLAIM:VALUE=LEVEL such as groups:desk-admins=admin,groups:desk=agent", default: "",
      parse: Parse.list(OpenIDConfiguration.LevelRule.init))
    queuesClaim = reader.optional(
      "USHER_OIDC_QUEUES_CLAIM", "the claim with the queues that a user is limited to; * in it for all",
      takes: "a claim's name", parse: Parse.word)
    skillsClaim = reader.optional(
      "USHER_OIDC_SKILLS_CLAIM", "the claim with a user's skills", takes: "a claim's name", parse: Parse.word)
    nameClaim = reader.optional(
      "USHER_OIDC_NAME_CLAIM", "the claim with a user's name for people", takes: "a claim's name", parse: Parse.word)
  }

  /// The provider; nil when no issuer is named. Throws when something that it needs is missing.
  func configuration() throws(SettingsError) -> OpenIDConfiguration? {
    guard let issuer else { return nil }
    guard let audience else { throw SettingsError("USHER_OIDC_AUDIENCE: is missing; the issuer is set") }
    guard !levels.isEmpty else {
      throw SettingsError("USHER_OIDC_LEVELS: is missing; the issuer is set, and without it nobody could sign in")
    }
    let keys: OpenIDConfiguration.KeySource
    switch (keysFile, keysURL) {
    case (let path?, nil): keys = .file(path)
    case (nil, let url?): keys = url
    default: throw SettingsError("USHER_OIDC_JWKS_FILE, USHER_OIDC_JWKS_URL: set exactly one; the issuer is set")
    }
    var configuration = OpenIDConfiguration(issuer: issuer, audience: audience, keys: keys, levels: levels)
    configuration.queuesClaim = queuesClaim
    configuration.skillsClaim = skillsClaim
    configuration.nameClaim = nameClaim
    return configuration
  }
}
