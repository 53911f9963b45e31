import Glibc
public import Logging
import Synchronization

/// Writes each record as one line to standard error, whole lines only, whatever the number of threads.
public struct LineLogHandler: LogHandler {
  /// Written with each record.
  public var metadata: Logger.Metadata = [:]
  /// Asked with each record.
  public var metadataProvider: Logger.MetadataProvider?
  /// Records below it are not written.
  public var logLevel: Logger.Level
  private let label: String
  private let format: LogFormat
  private let output: CInt

  /// A handler for the logger `label`, to the descriptor `output` (2 is standard error).
  public init(label: String, format: LogFormat, level: Logger.Level, output: CInt = 2) {
    self.label = label
    self.format = format
    self.logLevel = level
    self.output = output
  }

  /// The logger's value for `key`.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes `event` as one line.
  public func log(event: LogEvent) {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
    if let own = event.metadata { merged.merge(own) { _, new in new } }
    var pairs = merged.map { (key: $0.key, value: $0.value.description) }.sorted { $0.key < $1.key }
    if let error = event.error { pairs.append((key: "error", value: String(describing: error))) }
    let line = LogLine(
      time: Self.now(), level: event.level, label: label, message: event.message.description, metadata: pairs)
    Self.write(line.bytes(format), to: output)
  }

  /// Keeps the lines of one process whole.
  private static let lock = Mutex(())

  private static func write(_ bytes: [UInt8], to output: CInt) {
    lock.withLock { _ in
      bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
          let written = Glibc.write(output, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
          if written < 0 && errno == EINTR { continue }
          guard written > 0 else { return }
          rest = rest.dropFirst(written)
        }
      }
    }
  }

  private static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    gmtime_r(&time.tv_sec, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let milliseconds = String(1_000 + time.tv_nsec / 1_000_000).dropFirst()
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) + ".\(milliseconds)Z"
  }
}
