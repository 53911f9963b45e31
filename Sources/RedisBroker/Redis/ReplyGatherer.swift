import CHiredis
import Glibc

/// Takes an answer down as hiredis' parser comes upon its parts, in place of the library's own objects: those would be an
/// allocation for each part. Used again for each answer of one connection. Stays on the reactor's thread.
final class ReplyGatherer {
  /// Reached from C by its address.
  private struct Sheet {
    var parts: [RedisReply.Part] = []
    var bytes: [UInt8] = []
    /// What the parser is told that it has made. hiredis looks at nothing but the type and, where nobody awaits an answer,
    /// the text of an error.
    let object: UnsafeMutablePointer<redisReply>
  }

  private let sheet = UnsafeMutablePointer<Sheet>.allocate(capacity: 1)

  /// Room that is kept from one answer to the next, in bytes; what a longer one took is given back.
  private static let kept = 65_536

  init() {
    let object = UnsafeMutablePointer<redisReply>.allocate(capacity: 1)
    object.initialize(to: redisReply())
    sheet.initialize(to: Sheet(object: object))
  }

  deinit {
    free(sheet.pointee.object.pointee.str)
    sheet.pointee.object.deallocate()
    sheet.deinitialize(count: 1)
    sheet.deallocate()
  }

  /// Makes it the one that takes the parser's parts down; it must live for as long as the parser reads.
  func install(on reader: UnsafeMutablePointer<redisReader>) {
    reader.pointee.fn = Self.functions
    reader.pointee.privdata = UnsafeMutableRawPointer(sheet)
  }

  /// The answer that the parser has just ended.
  func take() -> RedisReply {
    let reply = RedisReply(parts: sheet.pointee.parts, bytes: sheet.pointee.bytes)
    if sheet.pointee.parts.count > Self.kept / MemoryLayout<RedisReply.Part>.stride { sheet.pointee.parts = [] }
    if sheet.pointee.bytes.count > Self.kept { sheet.pointee.bytes = [] }
    return reply
  }

  private typealias Task = UnsafePointer<redisReadTask>

  private static func add(_ kind: RedisReply.Part.Kind, _ count: Int, _ task: Task?) -> UnsafeMutableRawPointer? {
    guard let task, let sheet = task.pointee.privdata?.assumingMemoryBound(to: Sheet.self) else { return nil }
    if task.pointee.parent == nil {
      // The first part of an answer; of one before nothing is left.
      sheet.pointee.parts.removeAll(keepingCapacity: true)
      sheet.pointee.bytes.removeAll(keepingCapacity: true)
      sheet.pointee.object.pointee.type = task.pointee.type
    }
    sheet.pointee.parts.append(RedisReply.Part(kind: kind, start: sheet.pointee.bytes.count, count: count))
    return UnsafeMutableRawPointer(sheet.pointee.object)
  }

  private static func addText(
    _ text: UnsafeMutablePointer<CChar>?, _ count: Int, _ task: Task?
  ) -> UnsafeMutableRawPointer? {
    guard let type = task?.pointee.type else { return nil }
    let kind: RedisReply.Part.Kind =
      type == REDIS_REPLY_STATUS ? .status : type == REDIS_REPLY_ERROR ? .error : .string
    let object = add(kind, count, task)
    guard let sheet = task?.pointee.privdata?.assumingMemoryBound(to: Sheet.self) else { return nil }
    sheet.pointee.bytes.append(contentsOf: UnsafeRawBufferPointer(start: text, count: count))
    if kind == .error {
      free(sheet.pointee.object.pointee.str)
      sheet.pointee.object.pointee.str = text.flatMap { strndup($0, count) }
    }
    return object
  }

  // Written once, before anybody can see it, and then only read.
  nonisolated(unsafe) private static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    functions.initialize(to: redisReplyObjectFunctions())
    functions.pointee.createString = { ReplyGatherer.addText($1, $2, $0) }
    functions.pointee.createArray = { ReplyGatherer.add(.array, Int($1), $0) }
    functions.pointee.createInteger = { ReplyGatherer.add(.integer, Int($1), $0) }
    functions.pointee.createNil = { ReplyGatherer.add(.null, 0, $0) }
    // The object is the gatherer's.
    functions.pointee.freeObject = { _ in }
    return functions
  }()
}
