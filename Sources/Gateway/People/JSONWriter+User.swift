import ServiceQueue
import UserStore

extension JSONWriter {
  /// `{id, username, level, queues, skills, capacity, state, disabled, email, display_name, created_at, updated_at, version}`; `queues`
  /// is null for all, `capacity` for the site's own.
  mutating func user(_ user: User) {
    object { $0.members(of: user) }
  }

  /// The same without the braces, for an object that says more.
  mutating func members(of user: User) {
    key("id")
    string(user.id)
    key("username")
    string(user.username)
    key("level")
    string(user.level.rawValue)
    key("queues")
    if let queues = user.queues {
      array { list in for queue in queues.sorted() { list.string(queue.rawValue) } }
    } else {
      null()
    }
    key("skills")
    array { list in for word in user.skills.words { list.string(word) } }
    key("capacity")
    if let capacity = user.capacity { number(capacity) } else { null() }
    key("state")
    string(user.state.rawValue)
    key("disabled")
    bool(user.isDisabled)
    key("email")
    optional(user.email)
    key("display_name")
    optional(user.displayName)
    key("created_at")
    string(user.createdAt.description)
    key("updated_at")
    string(user.updatedAt.description)
    key("version")
    number(user.version)
  }
}
