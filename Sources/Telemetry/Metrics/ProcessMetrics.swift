import Glibc

/// What the operating system says of this process, read when the metrics page is asked for.
public enum ProcessMetrics {
  /// CPU time, memory, descriptors, threads and the start as Prometheus text, under the names its client libraries use.
  /// Reads `/proc/self`; a value that cannot be read is left out.
  public static func prometheusText() -> String {
    var writer = PrometheusWriter()
    func write(_ name: String, _ type: String, _ help: String, _ value: Double?) {
      guard let value else { return }
      writer.family(name, type: type, help: help)
      writer.sample(name, labels: "", value: value)
    }
    write(
      "process_cpu_seconds_total", "counter", "CPU time of the process, its own and the system's for it", cpuSeconds)
    write(
      "process_resident_memory_bytes", "gauge", "Memory of the process that is in RAM",
      statm().dropFirst().first.map { Double($0 * sysconf(Int32(_SC_PAGESIZE))) })
    write("process_open_fds", "gauge", "Open file descriptors", entries(of: "/proc/self/fd").map(Double.init))
    write("process_max_fds", "gauge", "The most file descriptors that the process may open", mostDescriptors)
    write("process_threads", "gauge", "Threads of the process", entries(of: "/proc/self/task").map(Double.init))
    write(
      "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970", startSeconds)
    return writer.text
  }

  private static var cpuSeconds: Double? {
    var usage = rusage()
    guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return nil }
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  private static var mostDescriptors: Double? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    return Double(limit.rlim_cur)
  }

  /// The machine's start and, in ticks of a clock, how long after it the process began. Neither changes.
  private static let startSeconds: Double? = {
    let boot = text(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Double($0.dropFirst(6)) }
    // The second field is the name in parentheses, which may hold anything; the 22nd is the start.
    let fields = text(of: "/proc/self/stat").split(separator: ")").last?.split(separator: " ")
    guard let boot, let fields, fields.count > 19, let ticks = Double(fields[19]) else { return nil }
    return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }()

  private static func statm() -> [Int] {
    text(of: "/proc/self/statm").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
  }

  /// At most 64 KiB of a file; empty when it cannot be read.
  private static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private static func entries(of directory: String) -> Int? {
    guard let handle = opendir(directory) else { return nil }
    defer { closedir(handle) }
    var count = 0
    while readdir(handle) != nil { count += 1 }
    return max(0, count - 2)
  }
}
