import ServiceQueue

@testable import usher_bench

/// A plan of ten seconds after two, in five parts, for the queue `load`.
func plan(
  rate: Double = 10, claims: Double = 11, employees: Int = 4, seconds: Double = 10, warmUp: Double = 2
) throws -> LoadPlan {
  LoadPlan(
    queue: QueueName("load")!, producers: 2, employees: employees, viewers: 3, door: .both, requestRate: rate,
    claimRate: claims, handling: 0.5, warmUp: warmUp, seconds: seconds, seed: 1)
}

/// A JSON text as it is read.
func json(_ text: String) throws -> JSONValue { try JSONScanner.parse(Array(text.utf8)) }
