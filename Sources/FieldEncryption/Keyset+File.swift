import Foundation

extension Keyset {
  /// Reads a keyset file, refusing one that is exposed (see `isExposed`), and anything over 64 KiB.
  ///
  /// Blocks on the file system: call it at start-up or from a command. Follows symbolic links, as mounted secrets are;
  /// the mode that counts is that of the very file read.
  public init(contentsOfFile path: String) throws(KeysetError) {
    // Non-blocking, or opening a pipe would wait for a writer for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(path, "opening") }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, "examining") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path: path, reason: "not a regular file") }
    let mode = status.st_mode & 0o7777
    guard !Self.isExposed(mode: UInt32(mode), owner: status.st_uid, user: geteuid()) else {
      throw .exposed(path: path, mode: UInt32(mode))
    }

    // One byte more than is allowed, to tell a file that is too long from one that just fits.
    var json = [UInt8](repeating: 0, count: Self.maximumJSONLength + 1)
    defer { json.cleanse() }
    var length = 0
    while length < json.count {
      let count = json.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + length, $0.count - length) }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, "reading")
      }
      length += count
    }
    guard length <= Self.maximumJSONLength else {
      throw .file(path: path, reason: "longer than \(Self.maximumJSONLength) bytes")
    }
    json.removeLast(json.count - length)
    do {
      try self.init(json: json)
    } catch .invalid(let reason) {
      throw .file(path: path, reason: reason)
    }
  }

  /// Whether a keyset's file lets others in: its group or others may access it. One that is root's, as mounted secrets are, may be
  /// read by its group where the server itself is not root: there is no other way to hand it to the server.
  static func isExposed(mode: UInt32, owner: UInt32, user: UInt32) -> Bool {
    mode & (owner == 0 && user != 0 ? 0o037 : 0o077) != 0
  }

  /// Writes the keyset's JSON to `path` with mode 600, replacing what is there in one step: a reader sees the old file
  /// or the new one, and a crash leaves one of them. Blocks on the file system.
  public func write(toFile path: String) throws(KeysetError) {
    let draft = path + ".new"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path, "creating") }
    var text = json()
    let written = Self.writeAll(text, to: descriptor) && fsync(descriptor) == 0
    text.cleanse()
    guard close(descriptor) == 0, written, rename(draft, path) == 0 else {
      let failure = Self.failure(path, "writing")
      unlink(draft)
      throw failure
    }
    // The new name is durable only with its folder.
    let folder = open((path as NSString).deletingLastPathComponent.ifEmpty("."), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw Self.failure(path, "opening the folder") }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw Self.failure(path, "syncing the folder") }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + offset, $0.count - offset) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  private static func failure(_ path: String, _ doing: String) -> KeysetError {
    .file(path: path, reason: "\(doing) failed: \(String(cString: strerror(errno)))")
  }
}

extension String {
  fileprivate func ifEmpty(_ other: String) -> String { isEmpty ? other : self }
}
