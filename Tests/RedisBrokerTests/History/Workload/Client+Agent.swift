import ServiceQueue

extension Client {
  /// Claims and handles, under the shortest lease there is; forgets some, comes back late to others, and tries what is not its own.
  mutating func runAgent() async {
    var forgotten: [Board.Claim] = []
    while board.isOpen {
      switch random.below(20) {
      case 0..<13: await claim(.claimNext(queue, lease: Self.lease), &forgotten)
      case 13..<16:
        if let service = board.service(&random) { await claim(.claim(service, lease: Self.lease), &forgotten) }
      case 16..<18:
        // One's own claim of some time ago: it holds no more, or it does.
        if !forgotten.isEmpty { await comeBack(to: forgotten.remove(at: random.below(forgotten.count))) }
      default:
        // Anyone's claim.
        if let claim = board.claim(&random) { await comeBack(to: claim) }
      }
      await rest(upTo: 25)
    }
  }

  private mutating func claim(_ command: Command, _ forgotten: inout [Board.Claim]) async {
    guard case .done(let answer) = await perform(command) else {
      // It may have too many.
      if let first = forgotten.first, random.chance(30) {
        forgotten.removeFirst()
        await end(first)
      }
      return
    }
    let service = answer.service
    let claim = Board.Claim(service: service.ref, fence: service.fence)
    board.post(service)
    board.post(claim)
    if random.chance(8) {
      forgotten.append(claim)
      return
    }
    if random.chance(8) { await perform(.start(claim.service, fence: claim.fence.map { $0 - 1 }, lease: Self.lease)) }
    await perform(.start(claim.service, fence: claim.fence, lease: Self.lease))
    if random.chance(20) { await perform(.renew(claim.service, fence: claim.fence, lease: Self.lease)) }
    if random.chance(20) {
      await perform(.hold(claim.service, fence: claim.fence, hold: HoldDuration(milliseconds: 5_000)))
      await rest(upTo: 50)
      if random.chance(70) { await perform(.resume(claim.service, fence: claim.fence, lease: Self.lease)) }
    }
    if random.chance(4) { forgotten.append(claim) } else { await end(claim) }
  }

  private mutating func end(_ claim: Board.Claim) async {
    let command: Command =
      switch random.below(10) {
      case 0: .release(claim.service, fence: claim.fence)
      case 1, 2: .noShow(claim.service, fence: claim.fence)
      case 3: .transfer(claim.service, to: queue, fence: claim.fence)
      default: .complete(claim.service, fence: claim.fence)
      }
    if case .done(let answer) = await perform(command) { board.post(answer.service) }
  }

  /// Comes to a claim that may be over, or another's.
  private mutating func comeBack(to claim: Board.Claim) async {
    switch random.below(6) {
    case 0: await perform(.renew(claim.service, fence: claim.fence, lease: Self.lease))
    case 1: await perform(.resume(claim.service, fence: claim.fence, lease: Self.lease))
    default: await end(claim)
    }
  }
}
