import ServiceQueue
import Testing

@testable import Intake

/// What decides, without RabbitMQ.
@Suite("Dead letters, decided")
struct DeadLetterPartsTests {
  func delivery(_ headers: [MessageProperties.Header] = [], key: String = "service.q.k") -> Delivery {
    Delivery(
      tag: 1, exchange: "usher.dead", routingKey: key,
      properties: MessageProperties(contentType: "application/json", messageID: "m", headers: headers),
      body: Array("{}".utf8))
  }

  @Test func usherWritesWhatItReads() throws {
    let own = MessageProperties.Header(name: "mine", value: .text("kept"))
    let old = MessageProperties.Header(name: "x-usher-reason", value: .text("forged"))
    let count = MessageProperties.Header(name: "x-delivery-count", value: .integer(3))
    let properties = MessageProperties(messageID: "m", headers: [own, old, count])
    let at = Timestamp(milliseconds: 1_700_000_000_000)
    let id = "0192f7a0-0000-7000-8000-000000000001"
    let dead = properties.deadLettered(
      Rejection(.missingField, "kind: is needed"), id: id, at: at, exchange: "usher.services", routingKey: "service.q.k"
    )
    let letter = DeadLetter(
      Delivery(tag: 1, exchange: "usher.dead", routingKey: "service.q.k", properties: dead, body: [1, 2, 3]))
    #expect(
      letter
        == DeadLetter(
          id: try #require(DeadLetterID(id)), reason: "missing_field", detail: "kind: is needed", at: at,
          exchange: "usher.services", routingKey: "service.q.k", messageID: "m", contentType: nil, size: 3,
          redeliveries: 3))
    #expect(dead.withoutDeath.headers == [own])
  }

  @Test func rabbitMQsOwn() throws {
    let deaths: MessageProperties.HeaderValue = .list([
      .table([
        .init(name: "reason", value: .text("delivery_limit")), .init(name: "time", value: .timestamp(1_700_000_000)),
        .init(name: "exchange", value: .text("usher.services")),
      ])
    ])
    let headers: [MessageProperties.Header] = [
      .init(name: "x-first-death-reason", value: .text("delivery_limit")),
      .init(name: "x-first-death-exchange", value: .text("usher.services")),
      .init(name: "x-death", value: deaths), .init(name: "mine", value: .list([.double(1.5), .void])),
    ]
    let letter = DeadLetter(delivery(headers))
    #expect(letter.reason == "delivery_limit" && letter.exchange == "usher.services")
    #expect(letter.at == Timestamp(milliseconds: 1_700_000_000_000))
    var again = delivery(headers + [.init(name: "x-delivery-count", value: .integer(9))])
    again.tag = 7
    again.isRedelivered = true
    #expect(DeadLetter(again).id == letter.id, "the same letter, read again")
    again.body.append(1)
    #expect(DeadLetter(again).id != letter.id)
    #expect(delivery(headers).properties.withoutDeath.headers.map(\.name) == ["mine"])
  }

  @Test func whoeverWroteItItIsALetter() {
    let foreign = DeadLetter(delivery())
    #expect(foreign.reason == "unknown" && foreign.exchange == nil && foreign.at == nil)
    let forged = DeadLetter(
      delivery([
        .init(name: "x-usher-reason", value: .text("A reason\nthat is none")),
        .init(name: "x-usher-dead-letter-id", value: .text("no id")), .init(name: "x-death", value: .text("no list")),
        .init(name: "x-usher-at", value: .integer(5)), .init(name: "x-usher-redeliveries", value: .integer(.min)),
      ]))
    #expect(forged.reason == "unknown" && forged.at == nil && forged.id == foreign.id)
  }

  @Test func filters() throws {
    let letter = DeadLetter(delivery([.init(name: "x-usher-reason", value: .text("too_deep"))]))
    let other = try #require(DeadLetterID("0192f7a0-0000-7000-8000-000000000001"))
    let queue = try #require(QueueName("q"))
    for (filter, expected) in [
      (DeadLetterFilter(), true), (DeadLetterFilter(ids: [letter.id, other]), true),
      (DeadLetterFilter(ids: [other]), false), (DeadLetterFilter(reason: "too_deep"), true),
      (DeadLetterFilter(reason: "too_large"), false), (DeadLetterFilter(queue: queue), true),
      (DeadLetterFilter(queue: QueueName("k")), false), (DeadLetterFilter(ids: [letter.id], reason: "x"), false),
    ] {
      #expect(filter.matches(letter) == expected, "\(filter)")
    }
    #expect(!DeadLetterFilter(queue: queue).matches(DeadLetter(delivery(key: "other.q.k"))))
  }

  // MARK: - The scan

  @Test func consumersBeginWhenThoseThereAreHoldAllTheyMay() {
    var scan = DeadLetterScan(waiting: 450)
    #expect(scan.grant() == 200)
    #expect(scan.grant() == nil)
    for _ in 0..<150 { scan.see() }
    #expect(scan.grant() == nil)
    for _ in 0..<50 { scan.see() }
    #expect(scan.grant() == 200)
    for _ in 0..<100 {
      scan.see()
      scan.settle()
    }
    #expect(scan.grant() == nil, "what is settled is granted again")
    for _ in 0..<150 { scan.see() }
    #expect(scan.isDone && scan.grant() == nil)
    #expect(DeadLetterScan(waiting: 1_000_000).goal == DeadLetterLimits.scan)
    var none = DeadLetterScan(waiting: 0)
    #expect(none.isDone && none.grant() == nil)
  }

  // MARK: - The window

  func sent(_ tag: UInt64, _ body: String) throws -> RequeueWindow.Sent {
    var message = delivery()
    message.body = Array(body.utf8)
    return RequeueWindow.Sent(id: DeadLetter(message).id, tag: tag, message: message)
  }

  @Test func onlyWhatAQueueHasMayLeave() throws {
    var window = RequeueWindow()
    let letters = try [sent(1, "a"), sent(2, "b"), sent(3, "b"), sent(4, "c")]
    for (number, letter) in letters.enumerated() { window.published(UInt64(number + 1), letter) }
    var returned = letters[1].message
    returned.tag = 0
    let known = window.returned(returned)
    #expect(known, "the one that is the same in all but its tag")
    let fates = window.take(Confirm(number: 3, isMultiple: true, isPositive: true))
    let taken = fates.compactMap { fate -> UInt64? in if case .taken(let sent) = fate { sent.tag } else { nil } }
    #expect(fates.count == 3 && taken.sorted() == [1, 3])
    #expect(window.take(Confirm(number: 4, isMultiple: false, isPositive: false)).count == 1)
    #expect(window.isEmpty)
    let knownLater = window.returned(returned)
    #expect(!knownLater, "whom it is about is not known any more")
  }

  @Test func theWindowIsBounded() throws {
    var window = RequeueWindow()
    var number: UInt64 = 0
    while window.hasRoom {
      number += 1
      window.published(number, try sent(number, "x"))
    }
    #expect(number == UInt64(RequeueWindow.countLimit))
    var large = RequeueWindow()
    large.published(1, try sent(1, String(repeating: "x", count: RequeueWindow.byteLimit)))
    #expect(!large.hasRoom)
  }
}
