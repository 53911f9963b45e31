import Glibc

/// What the operating system says of this process, read when the metrics page is asked for.
public enum ProcessMetrics {
  /// Resident memory, CPU seconds, open descriptors and threads as Prometheus text, under the names its
  /// client libraries use. Reads `/proc/self`; a value that cannot be read is left out.
  public static func prometheusText() -> String {
    var writer = PrometheusWriter()
    var usage = rusage()
    if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
      let seconds =
        Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
      writer.family("process_cpu_seconds_total", type: "counter")
      writer.sample("process_cpu_seconds_total", labels: "", value: seconds)
    }
    if let pages = statm().dropFirst().first {
      writer.family("process_resident_memory_bytes", type: "gauge")
      writer.sample("process_resident_memory_bytes", labels: "", value: Double(pages * sysconf(Int32(_SC_PAGESIZE))))
    }
    if let count = entries(of: "/proc/self/fd") {
      writer.family("process_open_fds", type: "gauge")
      writer.sample("process_open_fds", labels: "", value: Double(count))
    }
    if let count = entries(of: "/proc/self/task") {
      writer.family("process_threads", type: "gauge")
      writer.sample("process_threads", labels: "", value: Double(count))
    }
    return writer.text
  }

  private static func statm() -> [Int] {
    guard let file = fopen("/proc/self/statm", "r") else { return [] }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 256)
    guard fgets(&buffer, CInt(buffer.count), file) != nil else { return [] }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
  }

  private static func entries(of directory: String) -> Int? {
    guard let handle = opendir(directory) else { return nil }
    defer { closedir(handle) }
    var count = 0
    while readdir(handle) != nil { count += 1 }
    return max(0, count - 2)
  }
}
