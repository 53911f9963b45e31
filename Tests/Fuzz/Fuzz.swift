// Compiled by Tests/Fuzz/run, into one module with the parsers' own files.

/// What libFuzzer calls with its inputs. The first byte says which parser is meant and how it is fed; the rest is its input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let input = UnsafeRawBufferPointer(start: start + 1, count: count - 1)
  switch start[0] & 7 {
  case 0, 1, 4, 5: frames(input, choice: start[0] >> 1)
  case 2: commands { () throws(CommandDecoder.Malformed) in try CommandDecoder.decode(frame: Array(input)) }
  case 6: deliveries(input)
  case 7: rules(input)
  default:
    #if PROTOBUF
      commands { () throws(CommandDecoder.Malformed) in try CommandDecoder.decode(protobuf: Array(input)) }
    #endif
  }
  return 0
}

/// However its bytes are cut, a reader tells the same, and keeps to its limit.
private func frames(_ input: UnsafeRawBufferPointer, choice: UInt8) {
  let kinds: [FrameReader.Kind?] = [nil, .text, .binary]
  let limits = FrameReader.Limits(message: 1 + Int(choice) * 8, kind: kinds[Int(choice % 3)])
  var whole = FrameReader(limits: limits)
  var pieces = FrameReader(limits: limits)
  var told = [FrameReader.Event]()
  var offset = 0
  while let event = whole.next(in: input, at: &offset) { told.append(event) }
  precondition(offset == input.count)
  var again = [FrameReader.Event]()
  let step = 1 + Int(choice >> 2)
  for start in stride(from: 0, to: input.count, by: step) {
    let piece = UnsafeRawBufferPointer(rebasing: input[start..<min(start + step, input.count)])
    var offset = 0
    while let event = pieces.next(in: piece, at: &offset) { again.append(event) }
  }
  precondition(told == again)
  for (place, event) in told.enumerated() {
    switch event {
    case .message(let kind, let bytes):
      precondition(bytes.count <= limits.message && (limits.kind == nil || limits.kind == kind))
      precondition(kind == .binary || String(validating: bytes, as: UTF8.self) != nil)
    case .ping(let payload): precondition(payload.count <= 125)
    case .pong: break
    case .close, .violation: precondition(place == told.count - 1 && whole.hasEnded)
    }
  }
}

/// Whatever a frame holds, it is commands or it is refused.
private func commands(_ decode: () throws(CommandDecoder.Malformed) -> [ClientCommand]) {
  guard let commands = try? decode() else { return }
  precondition(!commands.isEmpty && commands.count <= CommandDecoder.maximumCommands)
}
