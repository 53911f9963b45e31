import ServiceQueue

/// Several commands about services in one message: `{commands: [{command, id, ...its arguments}], idempotency_key?}`. Each is all or
/// nothing and has its own answer; one that is malformed, forbidden or refused does not stop the others.
struct BulkCommand: Sendable {
  /// What is wrong with an item stands in its place.
  let items: [Result<ServiceOrder, GatewayError>]

  /// The members of the object around the commands.
  static let members: Set<String> = ["commands", "idempotency_key"]
  /// The longest key that `:` and an index fit behind.
  private static let longestKey = 124

  /// Reads the envelope; throws when that is malformed.
  ///
  /// - Parameters:
  ///   - value: what the client sent.
  ///   - header: the key that the door knows besides; the object's own may be the same or none.
  ///   - principal: who asks.
  init(_ value: JSONValue?, header: IdempotencyKey? = nil, by principal: Principal) throws(GatewayError) {
    let arguments = try Arguments(value, known: Self.members)
    let own = try arguments.idempotencyKey("idempotency_key")
    guard own == nil || header == nil || own == header else {
      throw GatewayError(.invalidArgument, "\"idempotency_key\" is another one than the header's")
    }
    guard let list = arguments.value("commands")?.array, (1...BrokerLimits.commandBatch).contains(list.count) else {
      throw GatewayError(
        .invalidArgument, "\"commands\" must be an array of 1 to \(BrokerLimits.commandBatch) commands")
    }
    let key = own ?? header
    var items = [Result<ServiceOrder, GatewayError>]()
    for (index, item) in list.enumerated() {
      do throws(GatewayError) {
        items.append(.success(try Self.order(item, key: key.flatMap { Self.key($0, of: index) }, by: principal)))
      } catch {
        items.append(.failure(error))
      }
    }
    self.items = items
  }

  private static func order(
    _ item: JSONValue, key: IdempotencyKey?, by principal: Principal
  ) throws(GatewayError) -> ServiceOrder {
    guard let name = item["command"]?.string, let command = ServiceCommand(rawValue: name) else {
      throw GatewayError(
        .invalidArgument,
        "\"command\" is one of \(ServiceCommand.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let arguments = try Arguments(item, known: command.members.union(ServiceCommand.target).union(["command"]))
    let order = try ServiceOrder(command, arguments, by: principal)
    guard order.key == nil, let key else { return order }
    return ServiceOrder(
      command: command, id: order.id, ifVersion: order.ifVersion, arguments: arguments, key: key)
  }

  /// `KEY:INDEX`; of a key that is too long for that, its hash takes its place.
  private static func key(_ whole: IdempotencyKey, of index: Int) -> IdempotencyKey? {
    let bytes = Array(whole.rawValue.utf8)
    return IdempotencyKey("\(bytes.count <= longestKey ? whole.rawValue : SHA1.hexadecimal(bytes)):\(index)")
  }
}

extension CommandDesk {
  /// How many services are looked up at one time.
  private static let lookUps = 32

  /// Carries out the commands in their order. The results are in the same order.
  func perform(_ bulk: BulkCommand, by principal: Principal) async -> [Result<CommandAnswer, GatewayError>] {
    var results = [Result<CommandAnswer, GatewayError>]()
    for part in Self.parts(of: bulk.items) { results += await perform(part, by: principal) }
    return results
  }

  /// Cuts the items where one is about a service that one before it transfers: only once that has happened does its queue tell
  /// who may act.
  private static func parts(
    of items: [Result<ServiceOrder, GatewayError>]
  ) -> [ArraySlice<Result<ServiceOrder, GatewayError>>] {
    var parts = [ArraySlice<Result<ServiceOrder, GatewayError>>]()
    var start = 0
    var transferred = Set<ServiceID>()
    for (index, item) in items.enumerated() {
      guard case .success(let order) = item else { continue }
      if transferred.contains(order.id) {
        parts.append(items[start..<index])
        start = index
        transferred = []
      }
      if order.command == .transfer { transferred.insert(order.id) }
    }
    return parts + [items[start...]]
  }

  private func perform(
    _ items: ArraySlice<Result<ServiceOrder, GatewayError>>, by principal: Principal
  ) async -> [Result<CommandAnswer, GatewayError>] {
    let admitted = items.map { item in
      item.flatMap { order in
        Result { () throws(GatewayError) in
          try admit(order, by: principal)
          return order
        }
      }
    }
    let unseen = admitted.compactMap { try? $0.get() }.filter { needsLookUp($0, by: principal) }
    let services = await visible(Set(unseen.map(\.id)), to: principal)
    var requests = [Result<CommandRequest, GatewayError>]()
    for item in admitted {
      do throws(GatewayError) {
        let order = try item.get()
        let service = needsLookUp(order, by: principal) ? try (services[order.id] ?? .failure(.notFound)).get() : nil
        requests.append(.success(try await request(for: order, about: service, by: principal)))
      } catch {
        requests.append(.failure(error))
      }
    }
    var answers = await broker.performAll(requests.compactMap { try? $0.get() }).makeIterator()
    return requests.map { request in
      request.flatMap { _ in
        answers.next()?.mapError { GatewayError($0) } ?? .failure(.internal)
      }
    }
  }

  private func visible(
    _ ids: Set<ServiceID>, to principal: Principal
  ) async -> [ServiceID: Result<Service, GatewayError>] {
    await withTaskGroup(of: (ServiceID, Result<Service, GatewayError>).self) { tasks in
      var rest = ids.makeIterator()
      func lookUpNext() {
        guard let id = rest.next() else { return }
        tasks.addTask {
          do throws(GatewayError) { return (id, .success(try await visible(id, to: principal))) } catch {
            return (id, .failure(error))
          }
        }
      }
      for _ in 0..<Self.lookUps { lookUpNext() }
      var found = [ServiceID: Result<Service, GatewayError>]()
      for await (id, result) in tasks {
        found[id] = result
        lookUpNext()
      }
      return found
    }
  }

  /// `{results: [{ok: true, ...the command's own answer} | {ok: false, error: {code, message, state?}}]}`. Once it has
  /// `BrokerLimits.pageBytes`, the services behind are written without customer and details.
  func json(_ results: [Result<CommandAnswer, GatewayError>], for principal: Principal) -> [UInt8] {
    let view = principal.serviceView
    var json = JSONWriter(capacity: 512 * results.count)
    json.object {
      $0.key("results")
      $0.array { list in
        for result in results {
          let isFull = list.bytes.count >= BrokerLimits.pageBytes
          list.object {
            $0.key("ok")
            switch result {
            case .success(let answer):
              $0.bool(true)
              $0.members(of: answer, as: view, personal: isFull ? nil : opened(answer.service, for: view))
            case .failure(let error):
              $0.bool(false)
              $0.key("error")
              $0.error(error)
            }
          }
        }
      }
    }
    return json.bytes
  }
}

extension JSONWriter {
  /// `{code, message, state?}`.
  fileprivate mutating func error(_ error: GatewayError) {
    object {
      $0.key("code")
      $0.string(error.code.rawValue)
      $0.key("message")
      $0.string(error.message)
      if let state = error.state {
        $0.key("state")
        $0.string(state.rawValue)
      }
    }
  }
}
