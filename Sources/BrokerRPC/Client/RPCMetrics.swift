import Metrics
import ServiceQueue

/// The figures of the client of a broker in another process, `usher_rpc_*`. What the broker does with calls it counts itself.
struct RPCMetrics: Sendable {
  /// A stream that is opened anew when it breaks.
  enum Stream: String {
    case events, commands, submissions
  }

  private let seconds = Metrics.Timer(label: "usher_rpc_question_seconds")

  /// A call of its own has ended, well if there is no `error`.
  func asked(error: BrokerError.Code?, after took: Duration?) {
    Counter(label: "usher_rpc_questions_total", dimensions: [("outcome", error?.rawValue ?? "ok")]).increment()
    if let took { seconds.record(duration: took) }
  }

  /// A stream is opened, the first time or again.
  func opens(_ stream: Stream) {
    Counter(label: "usher_rpc_streams_opened_total", dimensions: [("stream", stream.rawValue)]).increment()
  }
}
