import ArgumentParser
import UserStore

/// `usher signing-key`: the keys that sign access tokens. They rotate by themselves (`USHER_SIGNING_KEY_DAYS`); this is for
/// looking, and for emergencies. Key bytes are never printed.
struct SigningKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signing-key", abstract: "List, rotate and retire the keys that sign access tokens.",
    subcommands: [List.self, Rotate.self, Retire.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys and what each is good for now.")

    func run() async throws {
      let settings = try StoreAccess.settings()
      let keys = try await StoreAccess.withStore(settings, Foundations.logger(settings)) {
        try await $0.signingKeyStatuses()
      }
      for key in keys {
        let end = key.retiresAt.map { " \(key.phase == .retired ? "retired" : "retires") \($0)" } ?? ""
        print("\(key.kid) \(key.phase.rawValue) created \(key.createdAt) signs from \(key.activatesAt)\(end)")
      }
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Publish a new key, which signs once every server knows it.")

    func run() async throws {
      let settings = try StoreAccess.settings()
      let line = try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        guard let kid = try await store.rotateSigningKey() else {
          throw ValidationError("a new key is published already; see usher signing-key list")
        }
        let made = try await store.signingKeyStatuses().first { $0.kid == kid }
        return "published \(kid)\(made.map { ", which signs from \($0.activatesAt)" } ?? "")"
      }
      print(line)
    }
  }

  struct Retire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "End a key.",
      discussion: """
        Without --now a key that signs is followed by a new one, and retired when the last of its tokens is over. With --now \
        its tokens are refused on every server within a few seconds: for a key that may be known to others. If no other key \
        can sign, nobody gets a token for ten seconds.
        """)
    @Argument(help: "The key, as the list names it.") var kid: String
    @Flag(help: "At once: every token of it is refused.") var now = false

    func run() async throws {
      let settings = try StoreAccess.settings()
      let (kid, now) = (kid, now)
      let line = try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        try await SigningKeyCommand.retire(kid, now: now, in: store)
      }
      print(line)
    }
  }

  private static func retire(_ kid: String, now: Bool, in store: UserStoreActor) async throws -> String {
    let keys = try await store.signingKeyStatuses()
    guard let key = keys.first(where: { $0.kid == kid }) else {
      throw ValidationError("there is no key \(kid); see usher signing-key list")
    }
    // A published key has signed nothing, so there is nothing to wait for.
    if key.phase != .retired, now || key.phase == .published {
      guard try await store.retireSigningKey(kid) else { throw ValidationError("the key \(kid) is retired already") }
      return "retired \(kid)"
    }
    switch key.phase {
    case .retired: throw ValidationError("the key \(kid) is retired already")
    case .signing, .published: _ = try await store.rotateSigningKey()
    case .verifying: break
    }
    let planned = try await store.signingKeyStatuses().first { $0.kid == kid }?.retiresAt
    return "\(kid) retires\(planned.map { " \($0)" } ?? " when another key signs")"
  }
}
