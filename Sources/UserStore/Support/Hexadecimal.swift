extension Collection<UInt8> {
  /// Lower case, two digits a byte.
  var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
