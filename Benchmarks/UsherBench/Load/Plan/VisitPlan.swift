/// What an employee does with the next service, drawn beforehand.
struct VisitPlan: Hashable, Sendable {
  /// How it goes on after claim-next.
  enum Course: String, Sendable, CaseIterable {
    /// Start, complete.
    case completed
    /// Start, hold, resume, complete.
    case held
    /// Back to its place in the queue.
    case returned
    case noShow
  }

  let course: Course
  /// Between the claim and the start, and between the start and the end, in seconds.
  let calling: Double
  let handling: Double

  /// No service takes longer than so many times the mean.
  private static let longest = 5.0

  /// Nine of ten are completed without ado.
  static func draw(meanHandling: Double, _ random: inout SeededRandom) -> VisitPlan {
    let chance = random.unit()
    let course: Course = chance <= 0.90 ? .completed : chance <= 0.94 ? .held : chance <= 0.97 ? .returned : .noShow
    func time() -> Double { meanHandling * min(longest, random.exponential()) }
    return VisitPlan(course: course, calling: 0.2 * time(), handling: time())
  }
}
