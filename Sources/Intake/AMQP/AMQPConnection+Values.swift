import CRabbitMQ

// Between Swift's values and the library's.

extension AMQPConnection {
  /// Gives the body a pool for the bytes of one call.
  func withPool<Result>(_ body: (UnsafeMutablePointer<amqp_pool_t>) -> Result) -> Result {
    var pool = amqp_pool_t()
    init_amqp_pool(&pool, 2048)
    defer { empty_amqp_pool(&pool) }
    return withUnsafeMutablePointer(to: &pool) { body($0) }
  }

  func bytes(_ text: String, _ pool: UnsafeMutablePointer<amqp_pool_t>) -> amqp_bytes_t { Self.bytes(text, pool) }

  /// A copy of the text that lives as long as the pool; empty where there is no memory for it.
  static func bytes(_ text: String, _ pool: UnsafeMutablePointer<amqp_pool_t>) -> amqp_bytes_t {
    var text = text
    return text.withUTF8 { bytes(UnsafeRawBufferPointer($0), pool) }
  }

  private static func bytes(_ data: [UInt8], _ pool: UnsafeMutablePointer<amqp_pool_t>) -> amqp_bytes_t {
    data.withUnsafeBytes { bytes($0, pool) }
  }

  private static func bytes(
    _ source: UnsafeRawBufferPointer, _ pool: UnsafeMutablePointer<amqp_pool_t>
  ) -> amqp_bytes_t {
    guard let start = source.baseAddress, !source.isEmpty, let copy = amqp_pool_alloc(pool, source.count) else {
      return amqp_empty_bytes
    }
    copy.copyMemory(from: start, byteCount: source.count)
    return amqp_bytes_t(len: source.count, bytes: copy)
  }

  /// A table that lives as long as the pool.
  static func table(
    _ headers: [MessageProperties.Header], _ pool: UnsafeMutablePointer<amqp_pool_t>
  ) -> amqp_table_t {
    guard !headers.isEmpty,
      let memory = amqp_pool_alloc(pool, headers.count * MemoryLayout<amqp_table_entry_t>.stride)
    else { return amqp_empty_table }
    let entries = memory.bindMemory(to: amqp_table_entry_t.self, capacity: headers.count)
    for (index, header) in headers.enumerated() {
      var entry = amqp_table_entry_t()
      entry.key = bytes(header.name, pool)
      entry.value = field(header.value, pool)
      (entries + index).initialize(to: entry)
    }
    return amqp_table_t(num_entries: CInt(headers.count), entries: entries)
  }

  private static func field(
    _ value: MessageProperties.HeaderValue, _ pool: UnsafeMutablePointer<amqp_pool_t>
  ) -> amqp_field_value_t {
    var field = amqp_field_value_t()
    func kind(_ kind: amqp_field_value_kind_t) { field.kind = UInt8(kind.rawValue) }
    switch value {
    case .text(let text):
      kind(AMQP_FIELD_KIND_UTF8)
      field.value.bytes = bytes(text, pool)
    case .bytes(let data):
      kind(AMQP_FIELD_KIND_BYTES)
      field.value.bytes = bytes(data, pool)
    case .integer(let number):
      kind(AMQP_FIELD_KIND_I64)
      field.value.i64 = number
    case .timestamp(let seconds):
      kind(AMQP_FIELD_KIND_TIMESTAMP)
      field.value.u64 = seconds
    case .double(let number):
      kind(AMQP_FIELD_KIND_F64)
      field.value.f64 = number
    case .boolean(let value):
      kind(AMQP_FIELD_KIND_BOOLEAN)
      field.value.boolean = value ? 1 : 0
    case .void: kind(AMQP_FIELD_KIND_VOID)
    case .table(let headers):
      kind(AMQP_FIELD_KIND_TABLE)
      field.value.table = table(headers, pool)
    case .list(let values):
      kind(AMQP_FIELD_KIND_ARRAY)
      field.value.array = array(values, pool)
    }
    return field
  }

  private static func array(
    _ values: [MessageProperties.HeaderValue], _ pool: UnsafeMutablePointer<amqp_pool_t>
  ) -> amqp_array_t {
    guard !values.isEmpty,
      let memory = amqp_pool_alloc(pool, values.count * MemoryLayout<amqp_field_value_t>.stride)
    else { return amqp_array_t(num_entries: 0, entries: nil) }
    let entries = memory.bindMemory(to: amqp_field_value_t.self, capacity: values.count)
    for (index, value) in values.enumerated() { (entries + index).initialize(to: field(value, pool)) }
    return amqp_array_t(num_entries: CInt(values.count), entries: entries)
  }

  static func encode(
    _ properties: MessageProperties, _ pool: UnsafeMutablePointer<amqp_pool_t>
  ) -> amqp_basic_properties_t {
    var raw = amqp_basic_properties_t()
    raw._flags = UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG)
    raw.delivery_mode = UInt8(AMQP_DELIVERY_PERSISTENT.rawValue)
    func set(_ text: String?, _ flag: CInt, _ path: WritableKeyPath<amqp_basic_properties_t, amqp_bytes_t>) {
      guard let text else { return }
      raw._flags |= UInt32(flag)
      raw[keyPath: path] = bytes(text, pool)
    }
    set(properties.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, \.content_type)
    set(properties.contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG, \.content_encoding)
    set(properties.messageID, AMQP_BASIC_MESSAGE_ID_FLAG, \.message_id)
    set(properties.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG, \.correlation_id)
    set(properties.type, AMQP_BASIC_TYPE_FLAG, \.type)
    set(properties.appID, AMQP_BASIC_APP_ID_FLAG, \.app_id)
    if let timestamp = properties.timestamp {
      raw._flags |= UInt32(AMQP_BASIC_TIMESTAMP_FLAG)
      raw.timestamp = timestamp
    }
    if !properties.headers.isEmpty {
      raw._flags |= UInt32(AMQP_BASIC_HEADERS_FLAG)
      raw.headers = table(properties.headers, pool)
    }
    return raw
  }

  /// A copy; malformed UTF-8 is repaired, since names and texts of others are not to be trusted.
  static func text(_ bytes: amqp_bytes_t) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
  }
}

extension Delivery {
  init(_ envelope: amqp_envelope_t) {
    self.init(
      tag: envelope.delivery_tag, isRedelivered: envelope.redelivered != 0,
      exchange: AMQPConnection.text(envelope.exchange), routingKey: AMQPConnection.text(envelope.routing_key),
      properties: MessageProperties(envelope.message.properties),
      body: Array(
        UnsafeRawBufferPointer(start: envelope.message.body.bytes, count: envelope.message.body.len)))
  }
}

extension MessageProperties {
  init(_ raw: amqp_basic_properties_t) {
    func text(_ flag: CInt, _ bytes: amqp_bytes_t) -> String? {
      raw._flags & UInt32(flag) != 0 ? AMQPConnection.text(bytes) : nil
    }
    contentType = text(AMQP_BASIC_CONTENT_TYPE_FLAG, raw.content_type)
    contentEncoding = text(AMQP_BASIC_CONTENT_ENCODING_FLAG, raw.content_encoding)
    messageID = text(AMQP_BASIC_MESSAGE_ID_FLAG, raw.message_id)
    correlationID = text(AMQP_BASIC_CORRELATION_ID_FLAG, raw.correlation_id)
    type = text(AMQP_BASIC_TYPE_FLAG, raw.type)
    appID = text(AMQP_BASIC_APP_ID_FLAG, raw.app_id)
    timestamp = raw._flags & UInt32(AMQP_BASIC_TIMESTAMP_FLAG) != 0 ? raw.timestamp : nil
    guard raw._flags & UInt32(AMQP_BASIC_HEADERS_FLAG) != 0 else { return }
    headers = Self.headers(raw.headers, depthLeft: HeaderValue.depthLimit)
  }

  /// Those that can be read.
  fileprivate static func headers(_ table: amqp_table_t, depthLeft: Int) -> [Header] {
    UnsafeBufferPointer(start: table.entries, count: Int(table.num_entries)).compactMap { entry in
      HeaderValue(entry.value, depthLeft: depthLeft).map { Header(name: AMQPConnection.text(entry.key), value: $0) }
    }
  }
}

extension MessageProperties.HeaderValue {
  /// Nil for what Usher does not read, and for lists and tables where no depth is left.
  init?(_ field: amqp_field_value_t, depthLeft: Int) {
    switch UInt32(field.kind) {
    case AMQP_FIELD_KIND_UTF8.rawValue: self = .text(AMQPConnection.text(field.value.bytes))
    case AMQP_FIELD_KIND_BYTES.rawValue:
      self = .bytes(
        Array(UnsafeRawBufferPointer(start: field.value.bytes.bytes, count: field.value.bytes.len)))
    case AMQP_FIELD_KIND_BOOLEAN.rawValue: self = .boolean(field.value.boolean != 0)
    case AMQP_FIELD_KIND_I8.rawValue: self = .integer(Int64(field.value.i8))
    case AMQP_FIELD_KIND_U8.rawValue: self = .integer(Int64(field.value.u8))
    case AMQP_FIELD_KIND_I16.rawValue: self = .integer(Int64(field.value.i16))
    case AMQP_FIELD_KIND_U16.rawValue: self = .integer(Int64(field.value.u16))
    case AMQP_FIELD_KIND_I32.rawValue: self = .integer(Int64(field.value.i32))
    case AMQP_FIELD_KIND_U32.rawValue: self = .integer(Int64(field.value.u32))
    case AMQP_FIELD_KIND_I64.rawValue: self = .integer(field.value.i64)
    case AMQP_FIELD_KIND_F32.rawValue: self = .double(Double(field.value.f32))
    case AMQP_FIELD_KIND_F64.rawValue: self = .double(field.value.f64)
    case AMQP_FIELD_KIND_TIMESTAMP.rawValue: self = .timestamp(field.value.u64)
    case AMQP_FIELD_KIND_VOID.rawValue: self = .void
    case AMQP_FIELD_KIND_TABLE.rawValue where depthLeft > 0:
      self = .table(MessageProperties.headers(field.value.table, depthLeft: depthLeft - 1))
    case AMQP_FIELD_KIND_ARRAY.rawValue where depthLeft > 0:
      let array = field.value.array
      self = .list(
        UnsafeBufferPointer(start: array.entries, count: Int(array.num_entries)).compactMap {
          Self($0, depthLeft: depthLeft - 1)
        })
    default: return nil
    }
  }
}
