import ServiceQueue

/// The description of the REST API (OpenAPI 3.1), put together from one fragment a concern. Pure.
///
/// A fragment is `{paths?, components?: {schemas?, parameters?, responses?, ...}, ...}`; what else it has (`openapi`, `info`, ...) must
/// be in one fragment alone, as must each path and each component.
struct OpenAPIDocument: Sendable {
  /// Why the fragments are no document.
  enum Flaw: Error, Hashable {
    case malformed(fragment: Int, JSONError)
    case notAnObject(String)
    case duplicate(String)
    case missing(String)
  }

  /// Members of these are gathered from all fragments; those of `components` one level deeper.
  private static let gathered: Set<String> = ["paths", "components"]
  private static let limits = JSONScanner.Limits(bytes: 1 << 20, depth: 64)

  /// The whole document.
  let root: JSONValue

  init(fragments: [[UInt8]]) throws(Flaw) {
    var merged = Members()
    for (index, bytes) in fragments.enumerated() {
      let value: JSONValue
      do { value = try JSONScanner.parse(bytes, limits: Self.limits) } catch {
        throw .malformed(fragment: index, error)
      }
      try merged.add(value, at: "", gathering: Self.gathered)
    }
    for name in ["openapi", "info", "paths", "components"] where merged[name] == nil { throw .missing(name) }
    root = merged.value
  }

  /// Compact JSON.
  var bytes: [UInt8] { root.compactJSON }

  /// What the document describes.
  var operations: Set<RouteTable.Operation> {
    var operations = Set<RouteTable.Operation>()
    for path in root["paths"]?.object?.members ?? [] {
      for member in path.value.object?.members ?? [] where Self.methods.contains(member.name) {
        operations.insert(.init(method: member.name.uppercased(), path: path.name))
      }
    }
    return operations
  }

  /// The query parameters of an operation; nil for one that is not described.
  func query(of operation: RouteTable.Operation) -> QueryParameters.Known? {
    guard let path = root["paths"]?[operation.path], let described = path[operation.method.lowercased()] else {
      return nil
    }
    var known = QueryParameters.Known()
    for parameter in (path["parameters"]?.array ?? []) + (described["parameters"]?.array ?? []) {
      let parameter = resolved(parameter)
      guard parameter["in"]?.string == "query", let name = parameter["name"]?.string else { continue }
      known.names.insert(name)
      if parameter["schema"].map(resolved)?["type"]?.string == "array" { known.lists.insert(name) }
    }
    return known
  }

  /// What stands at a pointer such as `#/components/schemas/Problem`; nil where there is nothing.
  func at(_ reference: String) -> JSONValue? {
    reference.split(separator: "/").dropFirst().reduce(Optional(root)) { $0?[String($1)] }
  }

  private static let methods: Set<String> = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
  ]

  private func resolved(_ value: JSONValue) -> JSONValue { value["$ref"]?.string.flatMap(at) ?? value }
}

/// An object that grows: every name once.
private struct Members {
  private var order: [String] = []
  private var values: [String: JSONValue] = [:]
  private var inner: [String: Members] = [:]

  subscript(name: String) -> JSONValue? { inner[name]?.value ?? values[name] }

  var value: JSONValue { .object(JSONObject(order.map { .init(name: $0, value: self[$0] ?? .null) })) }

  /// Takes the members of `value`. Those of the `gathering` ones are taken one by one; in `components`, once more.
  mutating func add(
    _ value: JSONValue, at place: String, gathering: Set<String>
  ) throws(OpenAPIDocument.Flaw) {
    guard let object = value.object else { throw .notAnObject(place) }
    for member in object.members {
      let here = place.isEmpty ? member.name : "\(place)/\(member.name)"
      if gathering.contains(member.name) {
        if inner[member.name] == nil { order.append(member.name) }
        let kinds: Set<String> =
          member.name == "components" ? Set((member.value.object?.members ?? []).map(\.name)) : []
        try inner[member.name, default: Members()].add(member.value, at: here, gathering: kinds)
      } else {
        guard values[member.name] == nil, inner[member.name] == nil else { throw .duplicate(here) }
        order.append(member.name)
        values[member.name] = member.value
      }
    }
  }
}
