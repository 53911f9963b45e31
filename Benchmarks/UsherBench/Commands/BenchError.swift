/// Why a benchmark has no result: a sentence that says what to do.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
