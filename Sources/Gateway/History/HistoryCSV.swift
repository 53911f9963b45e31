import ServiceQueue
import UserStore

/// The history's columns as CSV. Pure.
enum HistoryCSV {
  private static let names = [
    "id", "queue", "ticket", "kind", "priority", "state", "attempts", "requires", "submitter", "source", "submitted_at",
    "scheduled_for", "claimed_at", "started_at", "ended_at", "employee_id", "employee", "ended_by", "waited_ms",
    "served_ms", "version", "epoch", "queue_version", "updated_at",
  ]

  static func header(withPersonal: Bool) -> [UInt8] {
    Array((names + (withPersonal ? ["customer", "details"] : [])).joined(separator: ",").utf8) + [0x0D, 0x0A]
  }

  /// A line. `personal` is nil for an export without personal data.
  static func write(_ entry: HistoryEntry, personal: PersonalData??, to csv: inout CSVWriter) {
    let service = entry.service
    csv.field(service.id.rawValue)
    csv.field(service.queue.rawValue)
    csv.field(number: service.ticket)
    csv.field(service.kind)
    csv.field(number: service.priority.level)
    csv.field(service.state.rawValue)
    csv.field(number: service.attempts)
    csv.field(service.requires.description)
    csv.field(service.submitter)
    csv.field(entry.source.rawValue)
    csv.field(number: service.submittedAt)
    csv.field(number: service.scheduledFor)
    csv.field(number: service.claimedAt)
    csv.field(number: service.startedAt)
    csv.field(number: service.endedAt)
    csv.field(service.assignee?.id)
    csv.field(service.assignee?.name)
    csv.field(entry.endedBy)
    csv.field(number: entry.waitedMilliseconds)
    csv.field(number: entry.servedMilliseconds)
    csv.field(number: service.version)
    csv.field(entry.epoch.rawValue)
    csv.field(number: entry.queueVersion)
    csv.field(number: entry.updatedAt)
    if let personal {
      csv.field(utf8: personal?.customer)
      csv.field(utf8: personal?.details)
    }
    csv.endLine()
  }
}
