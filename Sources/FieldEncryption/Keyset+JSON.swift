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
    for (index, key) in document.key.enumerated() {
      entries.append(try Self.entry(key, at: "key[\(index)]"))
    }
    try self.init(primaryKeyID: document.primaryKeyId, entries: entries)
  }

  /// Tink's cleartext JSON form, ending in a newline. Whoever holds it holds the keys: see ``write(toFile:)``.
  public func json() -> [UInt8] {
    let keys = entries.map { entry in
      var fields: [String] = []
      if let secret = entry.secret {
        var message = KeysetProto.encodeAESKey(secret)
        let value = Base64.encode(message, padded: true)
        message.cleanse()
        fields.append(
          #""keyData":{"typeUrl":"\#(KeysetProto.typeURL)","value":"\#(value)","keyMaterialType":"SYMMETRIC"}"#)
      }
      fields.append(#""status":"\#(entry.status.rawValue)","keyId":\#(entry.id),"outputPrefixType":"TINK""#)
      return "    {\(fields.joined(separator: ","))}"
    }
    let text = """
      {
        "primaryKeyId": \(primaryKeyID),
        "key": [
      \(keys.joined(separator: ",\n"))
        ]
      }

      """
    return Array(text.utf8)
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
