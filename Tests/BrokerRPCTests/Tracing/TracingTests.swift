import GRPCCore
import ServiceQueue
import Testing
import Tracing

@testable import BrokerRPC

/// What the log of the broker's process tells belongs to the trace of the process that asked.
@Suite(.timeLimit(.minutes(1))) struct TracingTests {
  @Test func aQuestionCarriesItsTrace() async throws {
    let log = RecordedLog()
    try await withTracer(RecordingTracer()) {
      try await withRig(logger: log.logger()) { rig in
        _ = try await ServiceContext.withValue(RecordingTracer.context("asks")) { try await rig.remote.queues() }
        _ = try await rig.remote.queue(rig.queue)
        _ = await ServiceContext.withValue(RecordingTracer.context("errs")) {
          try? await rig.remote.queue(#require(QueueName("none")))
        }
      }
    }
    let calls = log.lines.filter { $0.message == "A call was answered" }
    let listed = calls.filter { $0.metadata["method"] == "usher.broker.v1.Broker/ListQueues" }
    #expect(listed.map(\.trace) == ["asks"] && listed.map { $0.metadata["code"] } == ["ok"])
    let found = calls.filter { $0.metadata["method"] == "usher.broker.v1.Broker/GetQueue" }
    #expect(found.map(\.trace) == [nil, "errs"] && found.map { $0.metadata["code"] } == ["ok", "notFound"])
  }

  @Test func theItemsOfABatchHaveTheirOwn() async throws {
    let log = RecordedLog()
    try await withTracer(RecordingTracer()) {
      try await withRig(logger: log.logger()) { rig in
        let first = rig.submission(trace: TraceContext(traceparent: "one"))
        let outcomes = try await rig.remote.submit([
          first, rig.submission(), rig.submission(trace: TraceContext(traceparent: "two")),
        ])
        #expect(outcomes.count == 3)
        let ref = ServiceRef(id: first.id)
        let results = await rig.remote.performAll([
          CommandRequest(.claim(ref, lease: nil), by: anna, trace: TraceContext(traceparent: "three")),
          CommandRequest(.start(ref, fence: 1, lease: nil), by: anna, trace: TraceContext(traceparent: "four")),
          CommandRequest(.claim(ref, lease: nil), by: anna),
        ])
        #expect(results.count == 3)
      }
    }
    #expect(log.lines.filter { $0.message == "A service was stored" }.map(\.trace) == ["one", nil, "two"])
    let done = log.lines.filter { $0.message == "A command was carried out" }
    #expect(done.map(\.trace) == ["three"] && done.map { $0.metadata["command"] } == ["claim"])
    let refused = log.lines.filter { $0.message == "A command was not carried out" }
    #expect(refused.map(\.trace) == ["four", nil])
    #expect(refused.first?.metadata["error"] == "stale_fence")
  }

  @Test func ofSeveralValuesOfMetadataTheWholeCounts() {
    var metadata: Metadata = ["traceparent": "p"]
    for value in ["a=1", "b=2"] { metadata.addString(value, forKey: "tracestate") }
    let fields = MetadataFields()
    #expect(fields.extract(key: "tracestate", from: metadata) == "a=1,b=2")
    #expect(fields.extract(key: "traceparent", from: metadata) == "p")
    #expect(fields.extract(key: "b3", from: metadata) == nil)
  }
}
