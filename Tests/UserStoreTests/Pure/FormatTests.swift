import ServiceQueue
import Testing

@testable import UserStore

struct BinaryFormatTests {
  @Test(arguments: [0, 1, -1, Int64.max, Int64.min, 1_700_000_000_123])
  func wholeNumbers(value: Int64) {
    #expect(BinaryFormat.decodeInt(BinaryFormat.encode(value)[...]) == value)
  }

  @Test func shortWholeNumbersAreSigned() {
    #expect(BinaryFormat.decodeInt([0xFF, 0xFF, 0xFF, 0xFE]) == -2)
    #expect(BinaryFormat.decodeInt([1, 2]) == nil)
  }

  @Test(arguments: [0, 946_684_800_000, 1_764_000_000_250, -1, 1])
  func moments(milliseconds: Int64) {
    let moment = Timestamp(milliseconds: milliseconds)
    #expect(BinaryFormat.decodeTimestamp(BinaryFormat.encode(moment)[...]) == moment)
  }

  @Test func momentsBeyondPostgreSQLAreCut() {
    #expect(BinaryFormat.decodeTimestamp(BinaryFormat.encode(Timestamp(milliseconds: .max))[...]) != nil)
    #expect(BinaryFormat.decodeTimestamp(BinaryFormat.encode(Timestamp(milliseconds: .min))[...]) != nil)
    #expect(BinaryFormat.decodeTimestamp([1]) == nil)
  }

  @Test(arguments: [[], [nil], [[]], [[1, 2], nil, [], [255]]] as [[[UInt8]?]])
  func arrays(elements: [[UInt8]?]) {
    let encoded = BinaryFormat.encode(array: elements, of: .bytes)
    #expect(BinaryFormat.decodeArray(encoded[...], of: .bytes) == elements)
    #expect(BinaryFormat.decodeArray(encoded[...], of: .text) == nil)
    for length in 0..<encoded.count { #expect(BinaryFormat.decodeArray(encoded.prefix(length), of: .bytes) == nil) }
    #expect(BinaryFormat.decodeArray((encoded + [0])[...], of: .bytes) == nil)
  }

  @Test func arrayWithAbsurdCountIsRefused() {
    var encoded = BinaryFormat.encode(array: [[1]], of: .bytes)
    encoded.replaceSubrange(12..<16, with: [0x7F, 0xFF, 0xFF, 0xFF])
    #expect(BinaryFormat.decodeArray(encoded[...], of: .bytes) == nil)
  }
}

struct DatabaseURLTests {
  @Test func whole() throws {
    let url = try DatabaseURL(
      "postgresql://us%40er:p%3Aa%2Fss@db.example:6543/usher?sslmode=require&options=-c%20a%3Db")
    #expect(url.user == "us@er" && url.password == "p:a/ss" && url.host == "db.example" && url.port == 6543)
    #expect(url.database == "usher" && url.options == ["sslmode": "require", "options": "-c a=b"])
    #expect(!url.description.contains("p:a") && !url.description.contains("p%3A"))
  }

  @Test func defaults() throws {
    let url = try DatabaseURL("postgres://u@/d")
    #expect(url.host == "localhost" && url.port == 5432 && url.password == nil)
    let six = try DatabaseURL("postgresql://u:@[::1]:5433/d")
    #expect(six.host == "::1" && six.port == 5433 && six.password == "")
    #expect(six.description == "postgresql://u@[::1]:5433/d")
  }

  @Test(arguments: [
    "", "mysql://u@h/d", "postgresql://h/d", "postgresql://u@h", "postgresql://u@h/", "postgresql://:s3cret@h/d",
    "postgresql://u:s3cret@h:0/d", "postgresql://u:s3cret@h:x/d", "postgresql://u:s3cret%@h/d",
    "postgresql://u:s3cret%ff@h/d", "postgresql://u:s3cret@h/d?passfile=x", "postgresql://u:s3cret@h/d?sslmode",
    "postgresql://u:s3cret#@h/d", "postgresql://u:s3cret@h/d%00",
  ])
  func refusedWithoutRepeatingIt(text: String) {
    #expect { try DatabaseURL(text) } throws: { error in
      !"\(error)".contains("s3cret")
    }
  }
}

struct TokenSecretTests {
  @Test func tokens() throws {
    let secret = try TokenSecret.draw()
    #expect(secret.text.utf8.count == 43 && secret.hash.count == 32)
    #expect(TokenSecret(secret.text)?.hash == secret.hash)
    #expect(TokenSecret("short") == nil && TokenSecret("") == nil)
  }
}

struct UserRulesTests {
  @Test(arguments: ["a", "Alice", "bob.smith+x@example.org", "0_-"])
  func usernames(text: String) { #expect(UserRules.isUsername(text)) }

  @Test(arguments: ["", ".a", "a b", "ä", "a'--", String(repeating: "a", count: 65), "a\u{0}", "-a"])
  func noUsernames(text: String) { #expect(!UserRules.isUsername(text)) }

  @Test func ids() throws {
    let id = try UserRules.newID()
    #expect(ServiceID(id)?.rawValue == id)
    #expect(Array(id)[14] == "4" && "89ab".contains(Array(id)[19]))
  }
}
