/// Ids by a number, and by id where numbers are equal, as in a sorted set of Redis.
struct RankedIDs: Sendable {
  struct Entry: Hashable, Sendable {
    /// An order, or a moment in milliseconds.
    let number: Int64
    let id: ServiceID

    /// True when it stands before the place of `number` and `id`.
    func stands(before number: Int64, _ id: ServiceID) -> Bool {
      self.number == number ? self.id < id : self.number < number
    }
  }

  private(set) var entries: [Entry] = []

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }

  /// How many stand before the place of `number` and `id`: the rank of that entry, if it is there.
  func rank(_ number: Int64, _ id: ServiceID) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].stands(before: number, id) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds an entry that is not there.
  mutating func insert(_ number: Int64, _ id: ServiceID) {
    entries.insert(Entry(number: number, id: id), at: rank(number, id))
  }

  /// Takes out an entry that is there.
  mutating func remove(_ number: Int64, _ id: ServiceID) {
    entries.remove(at: rank(number, id))
  }
}
