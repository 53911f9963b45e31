import Testing

@testable import ServiceQueue

@Suite struct Base64Tests {
  @Test(arguments: [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFyPz4=", "foobar?>")])
  func standard(_ text: String, _ plain: String) {
    #expect(Base64.standard.encode(Array(plain.utf8)) == text)
    #expect(Base64.standard.decode(text) == Array(plain.utf8))
  }

  @Test(arguments: [
    ([UInt8](), ""), ([0xFB], "-w"), ([0xFB, 0xFF], "-_8"), ([0xFF, 0xFE], "__4"), ([1, 2, 3], "AQID"),
  ])
  func url(_ bytes: [UInt8], _ text: String) {
    #expect(Base64.url.encode(bytes) == text)
    #expect(Base64.url.decode(text) == bytes)
  }

  @Test func thereAndBack() {
    for count in 0..<70 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
      for codec in [Base64.standard, .url] { #expect(codec.decode(codec.encode(bytes)) == bytes) }
    }
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm=v", "Zg===", "=", "====", "Zg==Zg==", "Zm9v\n", "Zm-_", "Zm 9",
  ])
  func standardRefuses(_ text: String) { #expect(Base64.standard.decode(text) == nil) }

  @Test(arguments: ["A", "-x", "AB", "AQI=", "A Q", "+w", "Zm+v", "Zm9vYmF ", "\u{e9}", "' OR 1=1 --"])
  func urlRefuses(_ text: String) { #expect(Base64.url.decode(text) == nil) }
}
