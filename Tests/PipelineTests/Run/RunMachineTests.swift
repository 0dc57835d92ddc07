import Testing

@testable import Pipeline

@Suite("the run machine")
struct RunMachineTests {
  private static func graph() throws -> TaskGraph {
    try TaskGraph([
      TaskDefinition("publish", after: ["marts"]),
      TaskDefinition("marts", after: ["load"]),
      TaskDefinition("load", after: ["users", "carts"]),
      TaskDefinition("users"),
      TaskDefinition("carts"),
    ])
  }

  @Test("starts what depends on nothing side by side and the rest as soon as it may")
  func order() throws {
    var machine = RunMachine(graph: try Self.graph())
    #expect(machine.handle(.begin) == [.start(task: "users", attempt: 1), .start(task: "carts", attempt: 1)])
    #expect(machine.handle(.succeeded(task: "carts")).isEmpty)
    #expect(machine.handle(.succeeded(task: "users")) == [.start(task: "load", attempt: 1)])
    #expect(machine.handle(.succeeded(task: "load")) == [.start(task: "marts", attempt: 1)])
    #expect(machine.handle(.succeeded(task: "marts")) == [.start(task: "publish", attempt: 1)])
    #expect(machine.handle(.succeeded(task: "publish")) == [.finish(.success)])
  }

  @Test("skips what depends on a failed task, lets the others end, and names the failure")
  func failure() throws {
    var machine = RunMachine(graph: try Self.graph())
    _ = machine.handle(.begin)
    let actions = machine.handle(.failed(task: "users", reason: "no such file", isTransient: false))
    #expect(
      actions == [
        .skip(task: "load", reason: "users did not succeed"),
        .skip(task: "marts", reason: "load did not succeed"),
        .skip(task: "publish", reason: "marts did not succeed"),
      ])
    #expect(machine.handle(.succeeded(task: "carts")) == [.finish(.failed(reason: "users: no such file"))])
  }

  @Test("tries again after a passing failure, with growing waits, and gives up after the last attempt")
  func retries() throws {
    let policy = RetryPolicy(attempts: 3, firstDelay: 1, longestDelay: 30)
    var machine = RunMachine(graph: try TaskGraph([TaskDefinition("users", retry: policy)]))
    _ = machine.handle(.begin)
    let lost = RunMachine.Event.failed(task: "users", reason: "connection lost", isTransient: true)
    #expect(machine.handle(lost, jitter: 1) == [.wait(task: "users", attempt: 2, seconds: 1)])
    #expect(machine.handle(.retryDue(task: "users")) == [.start(task: "users", attempt: 2)])
    #expect(machine.handle(lost, jitter: 0) == [.wait(task: "users", attempt: 3, seconds: 1)])
    #expect(machine.handle(.retryDue(task: "users")) == [.start(task: "users", attempt: 3)])
    #expect(machine.handle(lost) == [.finish(.failed(reason: "users: connection lost"))])
  }

  @Test("a cancel interrupts what runs, skips what waits, and ends when the last work has stopped")
  func cancelling() throws {
    var machine = RunMachine(graph: try Self.graph())
    _ = machine.handle(.begin)
    _ = machine.handle(.failed(task: "users", reason: "lost", isTransient: true))
    let actions = machine.handle(.cancel(reason: "cancelled by ana"))
    #expect(actions.contains(.interrupt(task: "carts")))
    #expect(actions.contains(.skip(task: "users", reason: "cancelled by ana")))
    #expect(actions.contains(.skip(task: "publish", reason: "cancelled by ana")))
    #expect(machine.handle(.retryDue(task: "users")).isEmpty)
    #expect(machine.handle(.cancel(reason: "again")).isEmpty)
    #expect(
      machine.handle(.failed(task: "carts", reason: "stopped", isTransient: true))
        == [.finish(.cancelled(reason: "cancelled by ana"))])
  }

  @Test("a run that is given up stops as a cancelled one does, and has failed")
  func givingUp() throws {
    var machine = RunMachine(graph: try TaskGraph([TaskDefinition("users")]))
    _ = machine.handle(.begin)
    #expect(machine.handle(.giveUp(reason: "it took too long")) == [.interrupt(task: "users")])
    #expect(machine.handle(.cancel(reason: "late")).isEmpty)
    #expect(
      machine.handle(.failed(task: "users", reason: "stopped", isTransient: false))
        == [.finish(.failed(reason: "it took too long"))])
  }

  @Test("a cancel that meets finished work has cancelled nothing")
  func lateCancel() throws {
    var machine = RunMachine(graph: try TaskGraph([TaskDefinition("users")]))
    _ = machine.handle(.begin)
    _ = machine.handle(.cancel(reason: "late"))
    #expect(machine.handle(.succeeded(task: "users")) == [.finish(.success)])
  }

  @Test("an unneeded task counts as done for those that depend on it")
  func unneeded() throws {
    var machine = RunMachine(graph: try TaskGraph([TaskDefinition("a"), TaskDefinition("b", after: ["a"])]))
    _ = machine.handle(.begin)
    #expect(
      machine.handle(.unneeded(task: "a", reason: "unchanged"))
        == [.skip(task: "a", reason: "unchanged"), .start(task: "b", attempt: 1)])
  }

  @Test("a graph with a circle, an unknown dependency or a name twice is refused by name")
  func badGraphs() {
    #expect(throws: RunError(.invalid, "tasks depend on each other: a -> b -> a")) {
      try TaskGraph([TaskDefinition("a", after: ["b"]), TaskDefinition("b", after: ["a"])])
    }
    #expect(throws: RunError(.invalid, "the task a depends on z, which does not exist")) {
      try TaskGraph([TaskDefinition("a", after: ["z"])])
    }
    #expect(throws: RunError(.invalid, "the task a is defined twice")) {
      try TaskGraph([TaskDefinition("a"), TaskDefinition("a")])
    }
  }

  @Test("downstream names a task and all that depend on it in running order")
  func downstream() throws {
    #expect(try Self.graph().downstream(of: "load") == ["load", "marts", "publish"])
  }

  @Test("a part of a graph keeps the order of the whole, also through tasks that are left out")
  func restricted() throws {
    let part = try Self.graph().restricted(to: ["users", "marts", "publish"])
    #expect(part.task("marts")?.dependencies == ["users"])
    #expect(part.task("publish")?.dependencies == ["marts"])
    #expect(throws: RunError.self) { try Self.graph().restricted(to: ["nowhere"]) }
  }

  @Test("waits grow by doubling up to the longest and never below half", arguments: [0.0, 0.5, 1.0])
  func delays(jitter: Double) {
    let policy = RetryPolicy(attempts: 20, firstDelay: 1, longestDelay: 30)
    for (attempt, whole) in [(1, 1.0), (2, 2), (3, 4), (5, 16), (6, 30), (19, 30)] {
      let delay = policy.delay(afterAttempt: attempt, jitter: jitter)
      #expect(delay == whole * (0.5 + 0.5 * jitter))
    }
  }
}
