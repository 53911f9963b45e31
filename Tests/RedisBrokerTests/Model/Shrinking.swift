import ServiceQueue

/// Makes a sequence that shows a difference shorter (delta debugging): what can be left out is.
enum Shrinking {
  /// The shortest that was found within `limit`, with its difference.
  static func shortest(
    _ failure: SequenceSeries.Failure, on rig: ModelRig, within limit: Duration
  ) async -> (actions: [Action], difference: Difference) {
    let end = ContinuousClock.now + limit
    let difference = failure.difference
    var best = (actions: Array(failure.actions.prefix(difference.place + 1)), difference: difference)
    var size = max(best.actions.count / 2, 1)
    while ContinuousClock.now < end {
      var from = 0
      var hasShrunk = false
      while from < best.actions.count, ContinuousClock.now < end {
        var candidate = best.actions
        candidate.removeSubrange(from..<min(from + size, candidate.count))
        if let found = await self.difference(candidate, start: failure.start, on: rig) {
          best = (Array(candidate.prefix(found.place + 1)), found)
          hasShrunk = true
        } else {
          from += size
        }
      }
      if size == 1, !hasShrunk { break }
      size = max(size / 2, 1)
    }
    return best
  }

  private static func difference(_ actions: [Action], start: Int64, on rig: ModelRig) async -> Difference? {
    do {
      var run = try await SequenceRun(on: rig, start: start)
      try await run.run(actions)
      return nil
    } catch {
      return error as? Difference
    }
  }
}
