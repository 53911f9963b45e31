import FieldEncryption
import Hummingbird
import ServiceQueue
import UserStore

/// Which keys there are, how old they are and how far a rotation is: for administrators of all queues. Never key material.
enum KeyOverviewRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/keys") { exchange in
      _ = try exchange.administrator()
      let overview = try await exchange.services.stores.keys.keyOverview()
      return .json { $0.keys(overview) }
    }
  }
}

extension JSONWriter {
  /// `{keyset: {keys, columns, remaining, live_services}, signing_keys}`.
  mutating func keys(_ overview: KeyOverview) {
    object {
      $0.key("keyset")
      $0.object { $0.keyset(overview) }
      $0.key("signing_keys")
      $0.array { list in for key in overview.signingKeys { list.signingKey(key) } }
    }
  }

  private mutating func keyset(_ overview: KeyOverview) {
    let primary = overview.keys.first(where: \.isPrimary)
    let rounds = overview.progress.filter { $0.keyID == primary?.id }
    let since = rounds.map(\.keySince.milliseconds).min().map(Timestamp.init(milliseconds:))
    key("keys")
    array { list in
      for key in overview.keys {
        list.keysetKey(
          "encryption", key.id, key.status, isPrimary: key.isPrimary, since: key.isPrimary ? since : nil,
          values: overview.use.values(of: key.id))
      }
      if let id = overview.indexKeyID {
        list.keysetKey("index", id, .enabled, isPrimary: false, since: nil, values: 0)
      }
    }
    key("columns")
    array { list in
      for (column, counts) in overview.use.byColumn.sorted(by: { $0.key < $1.key }) {
        list.column(column, counts, overview.progress.first { $0.column == column })
      }
    }
    key("remaining")
    number(primary.map { overview.use.values(notOf: $0.id) } ?? 0)
    key("live_services")
    number(overview.use.liveServices)
  }

  private mutating func keysetKey(
    _ kind: String, _ id: UInt32, _ status: Keyset.KeyStatus, isPrimary: Bool, since: Timestamp?, values: Int
  ) {
    object {
      $0.key("kind")
      $0.string(kind)
      $0.key("id")
      $0.number(Int64(id))
      $0.key("state")
      $0.string(status.rawValue.lowercased())
      $0.key("is_primary")
      $0.bool(isPrimary)
      $0.key("primary_since")
      $0.optional(since?.description)
      $0.key("values")
      $0.number(values)
    }
  }

  private mutating func column(_ name: String, _ counts: [UInt32: Int], _ progress: RewrapProgress?) {
    object {
      $0.key("column")
      $0.string(name)
      $0.key("keys")
      $0.array { list in
        for (id, values) in counts.sorted(by: { $0.key < $1.key }) {
          list.object {
            $0.key("id")
            $0.number(Int64(id))
            $0.key("values")
            $0.number(values)
          }
        }
      }
      $0.key("rewrap")
      if let progress { $0.rewrap(progress) } else { $0.null() }
    }
  }

  private mutating func rewrap(_ progress: RewrapProgress) {
    object {
      $0.key("key")
      $0.number(Int64(progress.keyID))
      $0.key("resealed")
      $0.number(progress.resealed)
      $0.key("unreadable")
      $0.number(progress.unreadable)
      $0.key("updated_at")
      $0.string(progress.updatedAt.description)
      $0.key("finished_at")
      $0.optional(progress.finishedAt?.description)
    }
  }

  private mutating func signingKey(_ key: SigningKeyStatus) {
    object {
      $0.key("kid")
      $0.string(key.kid)
      $0.key("state")
      $0.string(key.phase.rawValue)
      $0.key("created_at")
      $0.string(key.createdAt.description)
      $0.key("activates_at")
      $0.string(key.activatesAt.description)
      $0.key("retires_at")
      $0.optional(key.retiresAt?.description)
    }
  }
}
