import ServiceQueue

/// How much goes into one message.
enum MessageBudget {
  /// The longest message, in bytes.
  static let message = 8 * 1_024 * 1_024
  /// What is put into one by our own estimate; the rest of `message` is for what the estimate leaves out.
  static let filled = message / 2
  /// Commands that our client puts into one message: the services in the answer, which may have 16 KiB of personal data each,
  /// fit in one as well.
  static let commands = 200

  /// Cuts `items` where `filled` would be exceeded. What is empty is one empty part.
  static func split<Item>(_ items: [Item], by weight: (Item) -> Int, most: Int = .max) -> [ArraySlice<Item>] {
    var parts: [ArraySlice<Item>] = []
    var start = 0
    var sum = 0
    for (index, item) in items.enumerated() {
      let own = weight(item)
      if index > start, sum + own > filled || index - start == most {
        parts.append(items[start..<index])
        start = index
        sum = 0
      }
      sum += own
    }
    parts.append(items[start...])
    return parts
  }
}

extension Service {
  /// About how many bytes it takes in a message.
  var messageWeight: Int { 1_024 + (personal?.messageWeight ?? 0) }
}

extension Submission {
  /// About how many bytes it takes in a message, or the service made of it in the answer.
  var messageWeight: Int { 1_024 + idempotencyKey.utf8.count + (personal?.messageWeight ?? 0) }
}

extension SealedPersonalData {
  fileprivate var messageWeight: Int { wrappedKey.count + ciphertext.count }
}

extension QueueEvent {
  /// About how many bytes it takes in a message.
  var messageWeight: Int {
    if case .renumbered(let services) = change { return 256 + 64 * services.count }
    return 256 + (change.service?.messageWeight ?? 0)
  }
}
