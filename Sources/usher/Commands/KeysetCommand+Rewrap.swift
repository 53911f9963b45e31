import ArgumentParser
import FieldEncryption
import Foundation
import UserStore

extension KeysetCommand {
  struct Rewrap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Seal anew by the primary key what other keys have sealed.",
      discussion: """
        Servers do the same by themselves after a rotation. Can be ended and run again at any time: it goes on where it \
        stood.
        """)
    @Flag(help: "Tell how far it is, about once a second.") var follow = false
    @Option(help: "At most so many values a second, 1 to 100,000.") var rate = 5_000

    func validate() throws {
      guard Rewrapper.rates.contains(rate) else { throw ValidationError("--rate takes 1 to 100000") }
    }

    func run() async throws {
      let settings = try StoreAccess.settings()
      let (follow, rate) = (follow, rate)
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store, aead in
        let rewrapper = try Rewrapper(store: store, aead: aead, rate: rate)
        // Values that others wrote by an older key meanwhile take another round; a few are enough for them to end.
        for _ in 0..<5 {
          let count = try await store.keyUse().values(notOf: aead.primaryKeyID)
          let teller = Teller(count: count, isSilent: !follow)
          switch try await rewrapper.round({ await teller.tell($0) }) {
          case .busy: throw ValidationError("another node is at it: see usher keyset progress")
          case .superseded: print("the primary key changed, or another node took over: beginning again")
          case .finished(let resealed, let unreadable):
            let left = try await store.keyUse().values(notOf: aead.primaryKeyID)
            print(
              "sealed \(resealed) values anew by key \(aead.primaryKeyID), \(left) remain, \(unreadable) unreadable")
            if left <= unreadable {
              guard unreadable == 0 else { throw ExitCode.failure }
              return
            }
          }
        }
        throw ExitCode.failure
      }
    }
  }

  struct Progress: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell how far sealing anew is, and what remains.")

    func run() async throws {
      let settings = try StoreAccess.settings()
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store, aead in
        for progress in try await store.rewrapProgress() {
          let state =
            progress.finishedAt == nil ? "at row \(progress.position.isEmpty ? "1" : progress.position)" : "done"
          print(
            "\(progress.column) key=\(progress.keyID) resealed=\(progress.resealed) unreadable=\(progress.unreadable) \(state)"
          )
        }
        let use = try await store.keyUse()
        print("remaining: \(use.values(notOf: aead.primaryKeyID))")
        print("live services that an older key may have sealed, in Redis: \(use.liveServices)")
      }
    }
  }

  /// Prints how far a round is, about once a second.
  private actor Teller {
    private let count: Int
    private let isSilent: Bool
    private var last = ContinuousClock.now

    init(count: Int, isSilent: Bool) {
      self.count = count
      self.isSilent = isSilent
    }

    func tell(_ done: Int) {
      guard !isSilent, last.duration(to: .now) >= .seconds(1) else { return }
      last = .now
      print("\(done) of \(count)")
      fflush(nil)
    }
  }
}
