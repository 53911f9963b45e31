/// What became of a service that the history knows, when it was held against Redis.
public enum RestoreOutcome: Hashable, Sendable {
  /// Redis knows it as well, in this or a newer version; nothing was changed.
  case known
  /// Redis had lost it, or had it as it was before: it is in its queue again, in this form.
  case restored(Service)
  /// Redis had it as if it had not ended: it has ended there now, too.
  case ended(Service)
  /// It was not restored: its queue is not there, or has too many sets of required skills.
  case refused(BrokerError)
}
