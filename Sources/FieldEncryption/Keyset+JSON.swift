import FoundationEssentials

extension Keyset {
  /// The longest JSON text read, in bytes: some 250 keys.
  static let maximumJSONLength = 64 * 1024

  /// Reads Tink's cleartext JSON form, strictly: only the fields that Tink writes, AES-256-GCM keys, prefix TINK.
  public init(json: [UInt8]) throws(KeysetError) {
    guard json.count <= Self.maximumJSONLength else {
      throw .invalid("longer than \(Self.maximumJSONLength) bytes")
    }
    var data = Data(json)
    defer { data.resetBytes(in: data.startIndex..<data.endIndex) }
    let document: KeysetDocument
    do {
      document = try JSONDecoder().decode(KeysetDocument.self, from: data)
    } catch let error as KeysetError {
      throw error
    } catch let error as DecodingError {
      throw .invalid(Self.reason(error))
    } catch {
      throw .invalid("not JSON")
    }
    var entries: [Entry] = []
    var indexEntry: IndexEntry?
    for (place, key) in document.key.enumerated() {
      if key.keyData?.typeUrl == HKDFPrfKey.typeURL {
        guard indexEntry == nil else { throw .invalid("key[\(place)] is a second index key") }
        indexEntry = try Self.indexEntry(key, at: "key[\(place)]")
      } else {
        entries.append(try Self.entry(key, at: "key[\(place)]"))
      }
    }
    try self.init(primaryKeyID: document.primaryKeyId, entries: entries, index: indexEntry)
  }

  /// Tink's cleartext JSON form, ending in a newline. Whoever holds it holds the keys: see ``write(toFile:)``, and overwrite
  /// the bytes after use.
  public func json() -> [UInt8] {
    var text: [UInt8] = []
    // Reserved in full: growing would leave copies of the keys behind.
    text.reserveCapacity(256 + 320 * (entries.count + 1))
    text.append(contentsOf: "{\n  \"primaryKeyId\": \(primaryKeyID),\n  \"key\": [\n".utf8)
    for (place, entry) in entries.enumerated() {
      if place > 0 { text.append(contentsOf: ",\n".utf8) }
      text.append(contentsOf: "    {".utf8)
      if let secret = entry.secret {
        Self.append(KeysetProto.encodeAESKey(secret), typeURL: KeysetProto.typeURL, to: &text)
      }
      text.append(
        contentsOf: #""status":"\#(entry.status.rawValue)","keyId":\#(entry.id),"outputPrefixType":"TINK"}"#.utf8)
    }
    if let index {
      text.append(contentsOf: ",\n    {".utf8)
      Self.append(HKDFPrfKey.encode(index.secret), typeURL: HKDFPrfKey.typeURL, to: &text)
      text.append(contentsOf: #""status":"DISABLED","keyId":\#(index.id),"outputPrefixType":"RAW"}"#.utf8)
    }
    text.append(contentsOf: "\n  ]\n}\n".utf8)
    return text
  }

  private static func append(_ message: consuming [UInt8], typeURL: String, to text: inout [UInt8]) {
    var value = Base64.characters(message, padded: true)
    message.cleanse()
    text.append(contentsOf: #""keyData":{"typeUrl":"\#(typeURL)","value":""#.utf8)
    text.append(contentsOf: value)
    value.cleanse()
    text.append(contentsOf: #"","keyMaterialType":"SYMMETRIC"},"#.utf8)
  }

  private static func indexEntry(_ key: KeysetDocument.Key, at place: String) throws(KeysetError) -> IndexEntry {
    guard key.status == KeyStatus.disabled.rawValue else {
      throw .invalid("\(place).status of the index key is not DISABLED")
    }
    guard key.outputPrefixType == "RAW" else { throw .invalid("\(place).outputPrefixType of the index key is not RAW") }
    guard var message = Base64.decode(key.keyData?.value ?? "", padded: true) else {
      throw .invalid("\(place).keyData.value is not base64")
    }
    defer { message.cleanse() }
    guard let secret = HKDFPrfKey.decode(message[...]) else {
      throw .invalid("\(place).keyData.value is not a version 0 HKDF PRF key of 32 bytes with SHA-256 and no salt")
    }
    return IndexEntry(id: key.keyId, secret: secret)
  }

  private static func entry(_ key: KeysetDocument.Key, at place: String) throws(KeysetError) -> Entry {
    guard let status = KeyStatus(rawValue: key.status) else {
      throw .invalid("\(place).status is not ENABLED, DISABLED or DESTROYED")
    }
    guard key.outputPrefixType == "TINK" else { throw .invalid("\(place).outputPrefixType is not TINK") }
    guard let data = key.keyData else {
      guard status == .destroyed else { throw .invalid("\(place).keyData is missing") }
      return Entry(id: key.keyId, status: status, secret: nil)
    }
    guard data.typeUrl == KeysetProto.typeURL else {
      throw .invalid("\(place).keyData.typeUrl is not \(KeysetProto.typeURL)")
    }
    guard data.keyMaterialType == "SYMMETRIC" else {
      throw .invalid("\(place).keyData.keyMaterialType is not SYMMETRIC")
    }
    if status == .destroyed { return Entry(id: key.keyId, status: status, secret: nil) }
    guard var message = Base64.decode(data.value, padded: true) else {
      throw .invalid("\(place).keyData.value is not base64")
    }
    defer { message.cleanse() }
    guard let secret = KeysetProto.decodeAESKey(message[...]) else {
      throw .invalid("\(place).keyData.value is not a version 0 AES-GCM key of 32 bytes")
    }
    return Entry(id: key.keyId, status: status, secret: secret)
  }

  /// The decoder's own texts may quote values: only the place and the kind of fault are kept.
  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context): "\(place(context.codingPath)) has the wrong type"
    case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
    case .dataCorrupted: "not JSON"
    @unknown default: "not a keyset"
    }
  }

  fileprivate static func place(_ path: [any CodingKey]) -> String {
    let text = path.reduce("") { text, key in
      if let index = key.intValue { return "\(text)[\(index)]" }
      return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
    }
    return text.isEmpty ? "the document" : text
  }
}

/// The JSON as Tink names it. Each level refuses fields it does not know, without quoting them.
private struct KeysetDocument: Decodable {
  struct Key: Decodable {
    let keyData: KeyData?
    let status: String
    let keyId: UInt32
    let outputPrefixType: String

    init(from decoder: any Decoder) throws {
      let fields = try FieldName.container(decoder, known: ["keyData", "status", "keyId", "outputPrefixType"])
      keyData = try fields.decodeIfPresent(KeyData.self, forKey: "keyData")
      status = try fields.decode(String.self, forKey: "status")
      keyId = try FieldName.keyID(fields, "keyId")
      outputPrefixType = try fields.decode(String.self, forKey: "outputPrefixType")
    }
  }

  struct KeyData: Decodable {
    let typeUrl: String
    let value: String
    let keyMaterialType: String

    init(from decoder: any Decoder) throws {
      let fields = try FieldName.container(decoder, known: ["typeUrl", "value", "keyMaterialType"])
      typeUrl = try fields.decode(String.self, forKey: "typeUrl")
      value = try fields.decode(String.self, forKey: "value")
      keyMaterialType = try fields.decode(String.self, forKey: "keyMaterialType")
    }
  }

  let primaryKeyId: UInt32
  let key: [Key]

  init(from decoder: any Decoder) throws {
    let fields = try FieldName.container(decoder, known: ["primaryKeyId", "key"])
    primaryKeyId = try FieldName.keyID(fields, "primaryKeyId")
    key = try fields.decode([Key].self, forKey: "key")
  }
}

/// Any field name, so that a container can list the names it was not asked for.
private struct FieldName: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringLiteral name: String) { stringValue = name }
  init(stringValue name: String) { stringValue = name }
  init?(intValue: Int) { nil }

  static func container(
    _ decoder: any Decoder, known: Set<String>
  ) throws -> KeyedDecodingContainer<FieldName> {
    let container = try decoder.container(keyedBy: FieldName.self)
    guard container.allKeys.allSatisfy({ known.contains($0.stringValue) }) else {
      throw KeysetError.invalid(
        "unknown field in \(Keyset.place(decoder.codingPath)); expected \(known.sorted().joined(separator: ", "))")
    }
    return container
  }

  /// Read wide, as the decoder does not say which number it found too large for its type.
  static func keyID(_ fields: KeyedDecodingContainer<FieldName>, _ name: FieldName) throws -> UInt32 {
    guard let id = UInt32(exactly: try fields.decode(Int64.self, forKey: name)) else {
      throw KeysetError.invalid("\(Keyset.place(fields.codingPath + [name])) is out of range")
    }
    return id
  }
}
