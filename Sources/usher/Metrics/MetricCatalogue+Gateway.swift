import Telemetry

extension MetricCatalogue {
  /// REST, WebSocket and event streams.
  static let gateway: [MetricDescription] = [
    .init("usher_gateway_http_requests_total", .counter, "Requests that were answered"),
    .init("usher_gateway_http_request_seconds", .latency, "From a request's head to its answer"),
    .init("usher_gateway_connections", .gauge, "WebSockets and event streams that are open"),
    .init("usher_gateway_refused_connections_total", .counter, "Connections that were refused because of a limit"),
    .init("usher_gateway_commands_total", .counter, "Commands that came over WebSockets; the method is that of an rpc"),
    .init(
      "usher_gateway_refused_commands_total", .counter,
      "Commands over WebSockets that were refused because the connection sent too many"),
    .init("usher_gateway_disconnects_total", .counter, "Connections that the server ended, by the protocol's code"),
    .init("usher_gateway_slow_closes_total", .counter, "Connections that were cut off because they did not read"),
    .init("usher_gateway_deliveries_total", .counter, "Events that were written to subscribers"),
    .init(
      "usher_gateway_event_lag_seconds", .latency,
      "From a change, by Redis' clock, to its arrival here, of the oldest event of each batch"),
    .init("usher_gateway_resyncs_total", .counter, "Subscriptions that were asked to subscribe again"),
    .init(
      "usher_gateway_mailbox_overflows_total", .counter,
      "Queues whose waiting events were dropped because an event loop had too many"),
    .init(
      "usher_gateway_presence_suppressed_total", .counter,
      "Comings and goings that were not told because there were too many in a second"),
  ]
}
