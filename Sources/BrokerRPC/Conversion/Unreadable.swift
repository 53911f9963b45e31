import ServiceQueue
import SwiftProtobuf

/// What a peer sent and this version does not understand: a field that is missing or out of its bounds, or an enum's value of a
/// newer version. Never holds what the field says.
struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// As the peer that asks is told.
  var asRefusal: BrokerError { BrokerError(.invalidArgument, description) }
  /// As the caller is told of an answer.
  var asAnswer: BrokerError { BrokerError(.internal, "The broker's answer is not understood: \(description)") }
}

extension Optional {
  /// The value, or an error that names the field.
  func read(_ field: StaticString) throws(Unreadable) -> Wrapped {
    guard let self else { throw Unreadable("\(field) is missing or out of its bounds") }
    return self
  }
}

extension SwiftProtobuf.Enum {
  /// What is thrown for the value that is never sent, and for those of newer versions.
  func unknown(_ field: StaticString) -> Unreadable {
    Unreadable(rawValue == 0 ? "\(field) is missing" : "\(field) has the value \(rawValue), which is not known here")
  }
}

extension Array {
  /// `map` with a typed error.
  func reading<Value>(_ read: (Element) throws(Unreadable) -> Value) throws(Unreadable) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(count)
    for element in self { values.append(try read(element)) }
    return values
  }
}

extension QueueName {
  init(wire text: String) throws(Unreadable) { self = try QueueName(text).read("queue") }
}

extension ServiceID {
  init(wire text: String) throws(Unreadable) { self = try ServiceID(text).read("id") }
}

extension Epoch {
  init(wire text: String) throws(Unreadable) { self = try Epoch(text).read("epoch") }
}

extension OrderKey {
  init(wire ticks: Int64) throws(Unreadable) { self = try OrderKey(ticks).read("order") }
}

extension Priority {
  init(wire level: UInt32) throws(Unreadable) { self = try Priority(Int(level)).read("priority") }
}

extension UInt64 {
  /// A count that came over the wire.
  func count(_ field: StaticString) throws(Unreadable) -> Int { try Int(exactly: self).read(field) }
}
