/// Where to connect to: names are resolved already, since hiredis would block the thread for it.
enum RedisAddress: Hashable, Sendable {
  case tcp(ip: String, port: Int)
  case unix(path: String)
}
