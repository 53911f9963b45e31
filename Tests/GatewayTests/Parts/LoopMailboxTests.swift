import NIOCore
import ServiceQueue
import Testing

@testable import Gateway

/// What waits for a busy loop.
@Suite struct LoopMailboxTests {
  private let queue = QueueName("a")!
  private let staff = Audience(view: .staff, format: .json)
  private let board = Audience(view: .board, format: .json)

  @Test func runsThatFollowEachOtherLeaveAsOne() {
    var mailbox = LoopMailbox()
    mailbox.append(run(1, 2))
    mailbox.append(run(1, 2, for: board))
    mailbox.append(run(3, 3))
    mailbox.append(run(3, 3, for: board))
    mailbox.append(run(1, 1, of: "b"))
    mailbox.append(run(4, 5))
    let out = mailbox.take()
    #expect(out.map(describe) == ["a staff 1...5", "a board 1...3", "b staff 1...1"])
    guard case .run(let joined, _) = out[0] else { return }
    #expect(joined.frames == ServerFrame.text(joined.pushes[...]))
    #expect(joined.pushes.map { String(decoding: $0, as: UTF8.self) } == (1...5).map { "{\"\($0)\"}" })
    #expect(mailbox.isEmpty)
    #expect(mailbox.take().isEmpty)
  }

  @Test func notAcrossGapsEpochsAndResets() {
    var mailbox = LoopMailbox()
    mailbox.append(run(1, 1))
    mailbox.append(run(3, 3))
    mailbox.append(run(4, 4, epoch: "f"))
    mailbox.append(run(5, 5, epoch: "f"))
    mailbox.append(.reset(queue))
    mailbox.append(run(6, 6, epoch: "f"))
    #expect(
      mailbox.take().map(describe)
        == ["a staff 1...1", "a staff 3...3", "a staff 4...5", "reset a", "a staff 6...6"])
  }

  @Test func notBeyondTheLongestRun() {
    var mailbox = LoopMailbox()
    for version in 1...QueueVersion(QueueHub.runEvents + 1) { mailbox.append(run(version, version)) }
    #expect(mailbox.take().map(describe) == ["a staff 1...256", "a staff 257...257"])
    let long = (LoopMailbox.joinedBytes / 3)
    for version in 1...5 as ClosedRange<QueueVersion> { mailbox.append(run(version, version, length: long)) }
    #expect(mailbox.take().map(describe) == ["a staff 1...2", "a staff 3...4", "a staff 5...5"])
  }

  @Test func anOverflowResetsTheQueueThatMakesIt() {
    var mailbox = LoopMailbox()
    mailbox.append(run(1, 1, of: "b"))
    var version: QueueVersion = 1
    while mailbox.overflows == 0 {
      mailbox.append(run(version, version + 99))
      version += 100
      guard version < 1_000_000 else { break }
    }
    #expect(version > QueueVersion(LoopMailbox.mostEvents))
    mailbox.append(run(version, version))
    #expect(mailbox.take().map(describe) == ["b staff 1...1", "reset a", "a staff \(version)...\(version)"])
    // Bytes count, too.
    let half = run(1, 1, length: LoopMailbox.mostBytes / 2)
    mailbox.append(half)
    mailbox.append(half)
    #expect(mailbox.take().map(describe) == ["reset a"])
  }

  private func run(
    _ first: QueueVersion, _ last: QueueVersion, of name: String = "a", for audience: Audience? = nil,
    epoch: String = "e", length: Int = 0
  ) -> HubMessage {
    .run(
      EventRun(
        queue: QueueName(name)!, epoch: Epoch(epoch)!, first: first, format: .json,
        pushes: (first...last).map { Array("{\"\($0)\"}".utf8) + [UInt8](repeating: 0x20, count: length) }),
      audience ?? staff)
  }

  private func describe(_ message: HubMessage) -> String {
    switch message {
    case .run(let run, let audience): "\(run.queue) \(audience.view) \(run.first)...\(run.last)"
    case .presence(let push, let audience): "\(push.queue) \(audience.view) presence"
    case .reset(let queue): "reset \(queue.map(\.rawValue) ?? "all")"
    }
  }
}
