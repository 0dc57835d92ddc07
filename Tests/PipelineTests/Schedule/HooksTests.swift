import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("Hooks")
struct HooksTests {
  static let failure = HookEvent(
    kind: .failure, subject: "run 7", runID: 7, state: "failed", reason: "load: \"no\"\n\u{1b}[31m",
    source: "demo",
    startedAt: 0, endedAt: 60, happenedAt: 4_000_000_000)

  /// A delivery that does not wait, with the pauses it asked for.
  static func send(
    _ target: Hook.Target, attempts: Int = 3, timeout: Double = 10, variables: [String: String] = [:]
  ) async throws -> (outcome: HookDelivery.Outcome, pauses: [Double]) {
    let pauses = Pauses()
    let delivery = HookDelivery(
      hook: try Hook(name: "h", events: [.failure], target: target, attempts: attempts, timeout: timeout),
      payload: failure.payload(database: "d").text, event: .failure, variable: { variables[$0] },
      sleep: { seconds in pauses.seconds.withLock { $0.append(seconds) } })
    return (await delivery.send(), pauses.seconds.withLock { $0 })
  }

  final class Pauses: Sendable { let seconds = Mutex<[Double]>([]) }

  @Test("a POST carries JSON, and headers whose values come from the environment")
  func post() async throws {
    let stub = try HTTPStub { _, _ in .status(204) }
    defer { stub.stop() }
    let (outcome, _) = try await Self.send(
      .post(url: stub.baseURL + "/hook?a=1", headers: ["Authorization": "TOKEN"]),
      variables: ["TOKEN": "Bearer s3cret"])
    #expect(outcome == HookDelivery.Outcome(attempts: 1, problem: nil))
    let request = try #require(stub.requests.first)
    #expect(request.method == "POST" && request.path == "/hook" && request.query == ["a": "1"])
    #expect(request.headers["authorization"] == "Bearer s3cret")
    #expect(request.headers["content-type"] == "application/json")
    let body = try #require(try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
    #expect(
      body["event"] as? String == "failure" && body["run"] as? Int == 7 && body["source"] as? String == "demo"
    )
    #expect(body["started_at"] as? String == "1970-01-01T00:00:00Z")
    #expect(body["ended_at"] as? String == "1970-01-01T00:01:00Z")
    #expect((body["reason"] as? String)?.hasPrefix("load: \"no\"") == true)
    #expect((body["reason"] as? String)?.contains("\u{1b}") == false)
  }

  @Test("the address may come from the environment, and is then never named")
  func secretAddress() async throws {
    let stub = try HTTPStub { _, _ in .status(404) }
    defer { stub.stop() }
    let (outcome, _) = try await Self.send(
      .post(url: "env:HOOK", headers: [:]), variables: ["HOOK": stub.baseURL + "/s3cret"])
    #expect(stub.requests.first?.path == "/s3cret")
    #expect(outcome.problem == "the server answered HTTP 404")
  }

  @Test("passing failures are tried again with growing pauses, lasting ones are not")
  func retries() async throws {
    let stub = try HTTPStub { request, count in
      switch request.path {
      case "/mends": count < 2 ? .status(503) : .json("{}")
      case "/busy": count < 1 ? .status(429, headers: ["Retry-After": "7"]) : .json("{}")
      case "/never": .status(500)
      case "/moved": .redirect(to: "/mends")
      default: .status(403)
      }
    }
    defer { stub.stop() }
    let mends = try await Self.send(.post(url: stub.baseURL + "/mends", headers: [:]))
    #expect(mends.outcome == HookDelivery.Outcome(attempts: 3, problem: nil) && mends.pauses == [1, 2])
    let busy = try await Self.send(.post(url: stub.baseURL + "/busy", headers: [:]))
    #expect(busy.outcome.problem == nil && busy.pauses == [7])
    let never = try await Self.send(.post(url: stub.baseURL + "/never", headers: [:]))
    #expect(never.outcome == HookDelivery.Outcome(attempts: 3, problem: "the server answered HTTP 500"))
    let refused = try await Self.send(.post(url: stub.baseURL + "/refused", headers: [:]))
    #expect(refused.outcome == HookDelivery.Outcome(attempts: 1, problem: "the server answered HTTP 403"))
    let moved = try await Self.send(.post(url: stub.baseURL + "/moved", headers: [:]))
    #expect(moved.outcome == HookDelivery.Outcome(attempts: 1, problem: "the server answered HTTP 302"))
  }

  @Test("a server that does not answer, or is not there, ends in a clear problem")
  func silence() async throws {
    let stub = try HTTPStub { _, _ in .hang }
    let slow = try await Self.send(.post(url: stub.baseURL, headers: [:]), attempts: 1, timeout: 0.2)
    #expect(slow.outcome.problem == "no answer within 0.2 s")
    stub.stop()
    let gone = try await Self.send(.post(url: stub.baseURL, headers: [:]), attempts: 2)
    #expect(gone.outcome.attempts == 2 && gone.outcome.problem?.hasPrefix("no answer") == true)
  }

  @Test("a variable that is not set or would add a header is refused by name, never by value")
  func variables() async throws {
    let missing = try await Self.send(.post(url: "http://127.0.0.1:1", headers: ["X": "TOKEN"]))
    #expect(missing.outcome == .init(attempts: 1, problem: "the environment variable TOKEN is not set here"))
    let split = try await Self.send(
      .post(url: "http://127.0.0.1:1", headers: ["X": "TOKEN"]), variables: ["TOKEN": "a\r\nEvil: s3cret"])
    #expect(split.outcome == .init(attempts: 1, problem: "the variable TOKEN holds a control character"))
    let noAddress = try await Self.send(.post(url: "env:U", headers: [:]), variables: ["U": "file:///s3cret"])
    #expect(noAddress.outcome.problem == "env:U is no http or https address")
  }

  @Test("a command gets the JSON on its standard input and no shell reads its words")
  func command() async throws {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    let file = folder.path + "/got"
    let words = ["sh", "-c", "cat > \"$1\"; echo \"$2 $RISKDECK_EVENT\" >> \"$1\"", "x", file, "$(id); `id`"]
    let (outcome, _) = try await Self.send(.command(words))
    #expect(outcome == .init(attempts: 1, problem: nil))
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("{\"event\": \"failure\""))
    #expect(lines[1] == "$(id); `id` failure")
  }

  @Test("a command that fails, takes too long, or is not there says so")
  func failingCommands() async throws {
    let fails = try await Self.send(
      .command(["sh", "-c", "echo first >&2; echo why >&2; exit 3"]), attempts: 2)
    #expect(
      fails.outcome == .init(attempts: 2, problem: "the command ended with 3: why") && fails.pauses == [1])
    let missing = try await Self.send(.command(["/nonexistent/program"]))
    #expect(missing.outcome.problem?.contains("/nonexistent/program could not be started") == true)
    // It ignores SIGTERM, and leaves a child behind that holds its output.
    let stubborn = ["sh", "-c", "trap '' TERM; sleep 60 & while :; do sleep 1; done"]
    let slow = try await Self.send(.command(stubborn), attempts: 1, timeout: 0.2)
    #expect(slow.outcome.problem == "the command took longer than 0.2 s")
    // What it leaves running is its own affair.
    let leaves = try await Self.send(
      .command(["sh", "-c", "sleep 5 & exit 0"]), attempts: 1, timeout: 0.5)
    #expect(leaves.outcome.problem == nil)
    let closed = try await Self.send(
      .command(["sh", "-c", "exec 2>&-; sleep 60"]), attempts: 1, timeout: 0.2)
    #expect(closed.outcome.problem == "the command took longer than 0.2 s")
  }

  @Test("each hook hears of each event once, whoever notices, and only of what came after it was added")
  func once() async throws {
    let stub = try HTTPStub { request, _ in request.path == "/bad" ? .status(400) : .json("{}") }
    defer { stub.stop() }
    try await TestCluster.withSchema { connection, url in
      func hook(_ name: String, _ events: Set<HookEvent.Kind>, _ path: String) throws -> Hook {
        try Hook(name: name, events: events, target: .post(url: stub.baseURL + path, headers: [:]))
      }
      try await Hooks.add(hook("all", [.failure, .recovery, .late], "/all"), who: "a@b", on: connection)
      try await Hooks.add(hook("bad", [.failure], "/bad"), who: "a@b", on: connection)
      try await ServiceLevels(runSeconds: 50).write(who: "a@b", on: connection)
      let later = 4_000_000_000.0
      let failed = SchedulesTests.run(.failed, started: later, ended: later + 10)
      let other = try await Connection.open(url)
      try await Hooks.fire(for: failed, previous: nil, on: connection)
      try await Hooks.fire(for: failed, previous: nil, on: other)
      #expect(stub.requests.map(\.path).sorted() == ["/all", "/bad"])
      let mended = SchedulesTests.run(
        .success, id: 8, started: later, ended: later + 60, tasks: [Self.publish])
      try await Hooks.fire(for: mended, previous: failed, on: other)
      let events = stub.requests.dropFirst(2).compactMap { request in
        (try? JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])?["event"]
          as? String
      }
      #expect(events.sorted() == ["late", "recovery"])
      let old = SchedulesTests.run(.failed, id: 1, started: 1_000, ended: 1_001)
      let cancelled = SchedulesTests.run(.cancelled, id: 9, started: later, ended: later + 1)
      try await Hooks.fire(for: old, previous: nil, on: other)
      try await Hooks.fire(for: cancelled, previous: failed, on: other)
      #expect(stub.requests.count == 4)
      let reports = try await Hooks.all(on: connection)
      #expect(reports.map(\.hook.name) == ["all", "bad"])
      #expect(
        reports[1].last?.state == "failed" && reports[1].last?.message == "the server answered HTTP 400")
      #expect(reports[1].last?.subject == "run 7" && reports[0].last?.state == "delivered")
      await other.close()
    }
  }

  private static let publish = TaskReport(
    task: "publish", attempt: 1, state: .success, startedAt: 0, endedAt: 1, rowsIn: nil, rowsOut: nil,
    rowsExpected: nil, message: nil)

  @Test("a crash is told by the run after it, and only a run that publishes is a recovery")
  func crashThenRecovery() async throws {
    let stub = try HTTPStub { _, _ in .json("{}") }
    defer { stub.stop() }
    try await TestCluster.withSchema { connection, _ in
      try await Hooks.add(
        try Hook(
          name: "all", events: [.failure, .recovery], target: .post(url: stub.baseURL + "/", headers: [:])),
        who: "a@b", on: connection)
      let later = 4_000_000_000.0
      let crashed = SchedulesTests.run(.crashed, id: 7, started: later, ended: nil)
      let alone = SchedulesTests.run(.success, id: 8, started: later, ended: later + 1)
      let whole = SchedulesTests.run(.success, id: 9, started: later, ended: later + 1, tasks: [Self.publish])
      func told() async throws -> [String?] {
        try await connection.query(
          "select event || ' ' || subject from monitoring.hook_deliveries order by event, subject"
        ).rows.map { $0[0] }
      }
      try await Hooks.fire(for: alone, previous: crashed, on: connection)
      #expect(try await told() == ["failure run 7"])
      try await Hooks.fire(for: whole, previous: crashed, on: connection)
      #expect(try await told() == ["failure run 7", "recovery run 9"])
    }
  }

  @Test("a message whose sender died is taken over after an hour")
  func takenOver() async throws {
    try await TestCluster.withSchema { connection, _ in
      let hook = try Hook(name: "h", events: [.failure], target: .command(["true"]))
      try await Hooks.add(hook, who: "a@b", on: connection)
      #expect(try await Hooks.claim([Self.failure], on: connection).count == 1)
      #expect(try await Hooks.abandonedClaims(on: connection).isEmpty)
      try await connection.execute(
        "update monitoring.hook_deliveries set claimed_at = claimed_at - interval '2 hours'")
      let claims = try await Hooks.abandonedClaims(on: connection)
      #expect(claims.map(\.subject) == ["run 7"])
      await Hooks.deliver(claims, on: connection)
      #expect(try await Hooks.all(on: connection).first?.last?.state == "delivered")
    }
  }

  @Test("a test is marked as one and leaves no record; names and targets are checked")
  func testing() async throws {
    let stub = try HTTPStub { request, _ in request.path == "/ok" ? .json("{}") : .status(401) }
    defer { stub.stop() }
    try await TestCluster.withSchema { connection, _ in
      let good = try Hook(
        name: "good", events: [.late], target: .post(url: stub.baseURL + "/ok", headers: [:]))
      try await Hooks.add(good, who: "a@b", on: connection)
      #expect(try await Hooks.test("good", event: .late, now: 0, on: connection) == nil)
      #expect(stub.requests.first?.body.contains("\"test\": true") == true)
      #expect(try await Hooks.all(on: connection).first?.last == nil)
      await #expect(throws: ScheduleError.self) { try await Hooks.add(good, who: "a@b", on: connection) }
      await #expect(throws: ScheduleError.self) {
        try await Hooks.test("x", event: .late, now: 0, on: connection)
      }
      await #expect(throws: ScheduleError.self) { try await Hooks.remove("x", on: connection) }
      try await Hooks.remove("good", on: connection)
    }
    let targets: [Hook.Target] = [
      .command([]), .command([""]), .post(url: "ftp://x", headers: [:]),
      .post(url: "http://a:b@x", headers: [:]),
      .post(url: "env:", headers: [:]), .post(url: "http://x", headers: ["A:": "B"]),
      .post(url: "http://x", headers: ["A": "Bearer secret"]),
    ]
    for target in targets {
      #expect(throws: ScheduleError.self) { try Hook(name: "h", events: [.late], target: target) }
    }
    #expect(throws: ScheduleError.self) { try Hook(name: "h", events: [], target: .command(["true"])) }
    #expect(throws: ScheduleError.self) {
      try Hook(name: "h", events: [.late], target: .command(["true"]), attempts: 0)
    }
    #expect(throws: ScheduleError.self) {
      try Hook(name: "h", events: [.late], target: .command(["true"]), timeout: 301)
    }
  }
}
