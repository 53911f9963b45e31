import Foundation

/// Folders that are not on a disk, where an fsync costs nothing.
enum MemoryFolder {
  /// Whether `folder` is in memory, as the kernel's list of mounts says; false when it says nothing.
  static func contains(_ folder: URL) -> Bool {
    guard let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) else { return false }
    var path = folder.resolvingSymlinksInPath().path()
    if !path.hasSuffix("/") { path += "/" }
    var nearest = 0
    var isMemory = false
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 2 else { continue }
      let point = fields[1] == "/" ? "/" : fields[1] + "/"
      // Of two on one point the later one is seen.
      if path.hasPrefix(point), point.count >= nearest {
        nearest = point.count
        isMemory = fields[2] == "tmpfs" || fields[2] == "ramfs"
      }
    }
    return isMemory
  }
}
