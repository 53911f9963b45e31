import Testing

@testable import RedisBroker

@Suite struct LinkStateMachineTests {
  @Test func fromTheStartToReadyAndBack() {
    var machine = LinkStateMachine()
    #expect(machine.admit(underway: 0, limit: 1) == .wait)
    #expect(machine.start() == .connect && machine.start() == .none)
    #expect(machine.connected() == .prepare)
    #expect(machine.admit(underway: 0, limit: 1) == .wait)
    #expect(machine.prepared() == .sendWaiting)
    #expect(machine.admit(underway: 0, limit: 1) == .send)
    #expect(machine.admit(underway: 1, limit: 1) == .refuseOverloaded)
    #expect(machine.disconnected() == .backOff(failures: 1) && machine.losses == 1)
    #expect(machine.admit(underway: 0, limit: 1) == .wait)
    #expect(machine.disconnected() == .none)
    #expect(machine.backoffElapsed() == .connect)
    #expect(machine.disconnected() == .backOff(failures: 2) && machine.losses == 1)
    #expect(machine.backoffElapsed() == .connect && machine.connected() == .prepare)
    #expect(machine.preparationFailed() == .disconnect)
    #expect(machine.disconnected() == .backOff(failures: 3))
    #expect(machine.backoffElapsed() == .connect && machine.connected() == .prepare)
    #expect(machine.prepared() == .sendWaiting && machine.failures == 0)
  }

  @Test func closingFromEveryPhase() {
    var idle = LinkStateMachine()
    #expect(idle.close() == .failWaiting && idle.close() == .none && idle.start() == .none)

    var connecting = LinkStateMachine()
    _ = connecting.start()
    #expect(connecting.close() == .disconnect)
    #expect(connecting.connected() == .none && connecting.disconnected() == .failWaiting)

    var ready = LinkStateMachine()
    _ = (ready.start(), ready.connected(), ready.prepared())
    #expect(ready.close() == .disconnect)
    #expect(ready.admit(underway: 0, limit: 1) == .refuseClosed)
    #expect(ready.disconnected() == .failWaiting && ready.backoffElapsed() == .none)

    var waiting = LinkStateMachine()
    _ = (waiting.start(), waiting.disconnected())
    #expect(waiting.close() == .failWaiting && waiting.backoffElapsed() == .none)
  }
}
