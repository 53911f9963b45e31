/// What has been published and is not confirmed. Pure. Bounded by its owner, who publishes at most one message for each
/// open delivery.
struct ConfirmWindow<Item> {
  private var waiting: [UInt64: Item] = [:]
  /// No smaller number is waiting.
  private var lowest: UInt64 = 1

  var count: Int { waiting.count }

  /// Remembers the publication `number`, larger than any before.
  mutating func published(_ number: UInt64, _ item: Item) {
    if waiting.isEmpty { lowest = number }
    waiting[number] = item
  }

  /// Takes out what a confirm is about.
  mutating func take(_ confirm: Confirm) -> [Item] {
    guard confirm.isMultiple else { return waiting.removeValue(forKey: confirm.number).map { [$0] } ?? [] }
    // Number 0 with multiple means everything.
    guard confirm.number > 0 else {
      let items = waiting.sorted { $0.key < $1.key }.map(\.value)
      waiting = [:]
      return items
    }
    var items: [Item] = []
    while lowest <= confirm.number, !waiting.isEmpty {
      if let item = waiting.removeValue(forKey: lowest) { items.append(item) }
      lowest += 1
    }
    return items
  }
}
