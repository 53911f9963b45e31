import ServiceQueue

/// Whether each observer's stream is continuous, and its copies are what the server has.
extension HistoryChecker {
  mutating func checkObservers() {
    let final = Dictionary(uniqueKeysWithValues: history.final.queues.map { ($0.summary.queue, $0) })
    for observer in history.observers {
      var screen = Screen(name: observer.name, terms: terms)
      for item in observer.items { screen.take(item) }
      for (queue, replica) in screen.replicas {
        if let snapshot = final[queue] { screen.compare(replica, with: snapshot) }
      }
      anomalies += screen.anomalies
    }
  }
}

/// What a screen does with a subscription: it drops what its snapshot contains already, and starts anew at each reset.
private struct Screen {
  let name: String
  let terms: DigestTerms
  private(set) var replicas: [QueueName: Replica] = [:]
  private(set) var anomalies: [Anomaly] = []
  /// Up to where the subscription itself has come, since the last reset.
  private var last: [QueueName: (epoch: Epoch, version: QueueVersion)] = [:]

  init(name: String, terms: DigestTerms) {
    self.name = name
    self.terms = terms
  }

  mutating func take(_ item: Observer.Item) {
    switch item {
    case .reset(nil):
      replicas = [:]
      last = [:]
    case .reset(let queue?):
      replicas[queue] = nil
      last[queue] = nil
    case .snapshot(let snapshot):
      let replica = Replica(snapshot, terms)
      if replica.digest != snapshot.summary.digest {
        report(.copyDiffers, snapshot.summary.queue, "the snapshot of version \(replica.version) has another digest")
      }
      replicas[snapshot.summary.queue] = replica
    case .event(let event):
      follow(event)
      show(event)
    }
  }

  /// The subscription by itself has neither gaps nor repetitions.
  private mutating func follow(_ event: QueueEvent) {
    if let last = last[event.queue] {
      if last.epoch != event.epoch {
        report(.versionGap, event.queue, "version \(event.version) is of another epoch, without a reset")
      } else if event.version <= last.version {
        report(.versionRepeated, event.queue, "version \(event.version) after \(last.version)")
      } else if event.version > last.version + 1 {
        report(.versionGap, event.queue, "version \(event.version) after \(last.version)")
      }
    }
    last[event.queue] = (event.epoch, event.version)
  }

  /// The copy is continued by it.
  private mutating func show(_ event: QueueEvent) {
    guard var replica = replicas.removeValue(forKey: event.queue) else { return }
    if replica.epoch == event.epoch && replica.version < event.version {
      if event.version > replica.version + 1 {
        report(.versionGap, event.queue, "version \(event.version) on a copy of \(replica.version)")
      }
      replica.apply(event)
      if replica.digest != event.digest {
        report(.copyDiffers, event.queue, "the copy of version \(event.version) has another digest than its event")
        // Once is enough.
        return
      }
    }
    replicas[event.queue] = replica
  }

  mutating func compare(_ replica: Replica, with final: QueueSnapshot) {
    let queue = final.summary.queue
    if replica.epoch != final.summary.epoch {
      report(.versionGap, queue, "the copy is of an epoch that is over, and no reset came")
    } else if replica.version < final.summary.version {
      report(.versionGap, queue, "the events ended at \(replica.version) of \(final.summary.version)")
    } else if replica.version == final.summary.version, replica.sorted != final.services {
      report(.copyDiffers, queue, "the copy of the last version \(replica.version) is not what Redis has")
    }
  }

  private mutating func report(_ kind: Anomaly.Kind, _ queue: QueueName, _ detail: String) {
    anomalies.append(Anomaly(kind, "\(name), queue \(queue): \(detail)"))
  }
}

extension Replica {
  /// As a screen shows them.
  var sorted: [Service] { services.values.sorted { Service.stands($0, before: $1) } }
}
