import Foundation
import Glibc

/// What the operating system says that a process uses.
struct ProcessUsage: Sendable {
  let id: pid_t

  /// CPU time of all its threads, user and system, in seconds; in steps of the kernel's clock, 10 ms.
  func cpuSeconds() throws -> Double {
    let text = try read("stat")
    // The name stands in parentheses and may hold anything; the two times are the 12th and 13th field behind it.
    guard let end = text.lastIndex(of: ")") else { throw BenchError("/proc/\(id)/stat is not understood") }
    let fields = text[end...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw BenchError("/proc/\(id)/stat is not understood")
    }
    return (user + system) / Double(sysconf(CInt(_SC_CLK_TCK)))
  }

  /// Resident bytes, counted page by page.
  func residentBytes() throws -> Int {
    for line in try read("smaps_rollup").split(separator: "\n") where line.hasPrefix("Rss:") {
      if let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) { return kilobytes * 1_024 }
    }
    throw BenchError("/proc/\(id)/smaps_rollup is not understood")
  }

  private func read(_ name: String) throws -> String {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/\(name)", encoding: .utf8) else {
      throw BenchError("/proc/\(id)/\(name) cannot be read: the server has ended")
    }
    return text
  }
}

/// The limit of open files of this process and of those that it starts.
enum OpenFiles {
  /// Raises it to what is allowed. Throws when that is less than `count`.
  static func allow(_ count: Int) throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    guard limit.rlim_cur >= UInt(count) else {
      throw BenchError(
        "\(count) open files are needed and \(limit.rlim_cur) allowed: raise the hard limit (ulimit -Hn)")
    }
  }
}
