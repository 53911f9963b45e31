/// A line: in at the end, out at the front, both in constant time on average.
struct Fifo<Element> {
  private var storage: [Element?] = []
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : storage[head] }

  mutating func append(_ element: Element) {
    storage.append(element)
  }

  mutating func popFirst() -> Element? {
    guard head < storage.count else { return nil }
    let element = storage[head].take()
    head += 1
    if head == storage.count {
      storage.removeAll(keepingCapacity: storage.capacity <= 8192)
      head = 0
    } else if head >= 1024, head * 2 >= storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Takes everything out, in order.
  mutating func takeAll() -> [Element] {
    let all = storage[head...].compactMap(\.self)
    storage = []
    head = 0
    return all
  }

  func forEach(_ body: (Element) -> Void) {
    for index in head..<storage.count {
      if let element = storage[index] { body(element) }
    }
  }
}
