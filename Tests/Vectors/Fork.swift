import FieldEncryption
import Foundation

/// What a process and a child forked from it get from the pool of random bytes.
enum Fork {
  /// `count` nonces (at most 200) of each, drawn after the fork from a pool that was half used before it.
  static func nonces(_ count: Int) throws -> Answer {
    guard (1...200).contains(count) else { throw Fault(description: "count takes 1 to 200") }
    // This program has one thread, so that forking it is sound; Swift hides the function for those that have more.
    guard let symbol = dlsym(nil, "fork") else { throw Fault(description: "there is no fork") }
    typealias ForkFunction = @convention(c) () -> pid_t
    let fork = unsafeBitCast(symbol, to: ForkFunction.self)
    _ = try draw()
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Fault(description: "no pipe") }
    let child = fork()
    guard child >= 0 else { throw Fault(description: "cannot fork") }
    if child == 0 {
      for _ in 0..<count { write(ends[1], (try? draw()) ?? [], 16) }
      _exit(0)
    }
    let drawn = try (0..<count).map { _ in Hex(try draw()) }
    close(ends[1])
    let text = try FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readToEnd() ?? Data()
    waitpid(child, nil, 0)
    let others = stride(from: 0, to: text.count, by: 16).map { Hex(Array(text[$0..<min($0 + 16, text.count)])) }
    return Answer(parent: drawn, child: others)
  }

  private static func draw() throws -> [UInt8] {
    guard let drawn = RandomPool.shared.draw() else { throw Fault(description: "no entropy") }
    return (0..<16).map { drawn[$0] }
  }
}
