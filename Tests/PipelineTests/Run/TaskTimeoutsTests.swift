import Postgres
import Synchronization
import Testing

@testable import Pipeline

@Suite("limits of tasks")
struct TaskTimeoutsTests {
  @Test("are seconds, or have a unit; a later one counts")
  func units() throws {
    #expect(
      try TaskTimeouts.read(["load=60", "score=5m", "publish=1h", "validate=1.5s", "load=90s"]) == [
        "load": 90, "score": 300, "publish": 3_600, "validate": 1.5,
      ])
    #expect(try TaskTimeouts.read(list: " load=60s , score=5m,") == ["load": 60, "score": 300])
    #expect(try TaskTimeouts.read(list: "").isEmpty)
  }

  @Test(
    "that cannot be are named",
    arguments: ["load", "=5s", "load=", "load=s", "load=0", "load=-1s", "load=1d", "load=nan", "load=inf"])
  func bad(_ word: String) throws {
    let error = try #require(throws: RunError.self) { try TaskTimeouts.read([word]) }
    #expect(error.description == "\(word) is no limit; write TASK=LENGTH such as load=60s, score=5m")
  }

  @Test("of a task there is none of are refused by the graph; the others keep their own")
  func graph() throws {
    let graph = try PipelineRun.graph()
    #expect(throws: RunError.self) { try graph.limited(to: ["lode": 1]) }
    let limited = try graph.limited(to: ["load": 7])
    #expect(limited.task("load")?.timeout == 7)
    #expect(limited.tasks.filter { $0.timeout != nil }.count == 1)
    #expect(limited.tasks.map(\.dependencies) == graph.tasks.map(\.dependencies))
  }
}

@Suite("what is run again")
struct TaskSelectionTests {
  @Test("tests and publish bring the models they work on along")
  func shadows() throws {
    let graph = try PipelineRun.graph()
    func names(_ task: String) throws -> [String] {
      let names = try TaskSelection.from(task).tasks(of: graph, newest: nil)
      return graph.tasks.map(\.name).filter(names.contains)
    }
    #expect(try names("publish") == ["build-marts", "test-marts", "publish", "open-cases"])
    #expect(try names("test-marts") == ["build-marts", "test-marts", "publish", "open-cases"])
    #expect(try names("build-marts") == ["build-marts", "test-marts", "publish", "open-cases"])
    #expect(try names("score").first == "score")
    #expect(try names("test-staging").first == "build-staging")
    #expect(try names("extract-labels").count == graph.tasks.count)
  }

  @Test("resuming leaves out what was done, also by an earlier run whose inputs were the same")
  func resume() throws {
    let graph = try PipelineRun.graph()
    let all = Set(graph.tasks.map(\.name))
    func report(
      _ load: TaskReport.State, _ message: String?, tasks: Set<String>? = nil,
      done: Set<String> = ["load", "validate", "test-sources"]
    ) -> RunReport {
      let tasks = tasks ?? all
      return RunReport(
        runID: 7, source: "demo", state: .failed, reason: nil, startedAt: 0, endedAt: 1,
        startedBy: "ana@desk",
        tasks: graph.tasks.map(\.name).filter(tasks.contains).map {
          TaskReport(
            task: $0, attempt: 1, state: done.contains($0) ? load : .skipped, startedAt: 0, endedAt: 1,
            rowsIn: nil, rowsOut: nil, rowsExpected: nil, message: done.contains($0) ? message : "not reached"
          )
        }, validations: [], tests: [])
    }
    func count(_ run: RunReport) throws -> Int {
      try TaskSelection.resume(7).tasks(of: graph, newest: run).count
    }
    #expect(try count(report(.success, nil)) == 7)
    #expect(try count(report(.skipped, "unchanged since run 3")) == 7)
    #expect(try count(report(.skipped, "extract-orders did not succeed")) == 14)
    #expect(throws: RunError.self) {
      try TaskSelection.resume(6).tasks(of: graph, newest: report(.success, nil))
    }
    // What a run that began at the scoring did not load is not loaded by going on with it either.
    let partly = report(
      .success, nil, tasks: ["score", "build-marts", "test-marts", "publish", "open-cases"], done: ["score"])
    #expect(
      try TaskSelection.resume(nil).tasks(of: graph, newest: partly) == [
        "build-marts", "test-marts", "publish", "open-cases",
      ])
    #expect(partly.reachesPublication)
    #expect(!report(.failed, nil, tasks: ["test-marts"]).reachesPublication)
  }
}

@Suite("a server that refuses for the moment")
struct ServerAvailabilityTests {
  @Test("is waited for until it takes connections, or until patience is over")
  func waits() async throws {
    let count = Mutex(0)
    let isReady = try await ServerAvailability.wait(for: "", patience: 3_600, interval: .milliseconds(1)) {
      _ in
      count.withLock { asked in
        asked += 1
        return asked < 4 ? .rejecting : .accepting
      }
    }
    #expect(isReady)
    #expect(count.withLock { $0 } == 4)
    let isOver = try await ServerAvailability.wait(for: "", patience: 0.01, interval: .milliseconds(1)) { _ in
      .rejecting
    }
    #expect(!isOver)
  }

  @Test("is told from one that is not there, whose error is told at once")
  func unknown() async throws {
    #expect(ServerAvailability.of("postgresql:///nowhere?host=/nonexistent") == .unknown)
    #expect(try await ServerAvailability.wait(for: "postgresql:///nowhere?host=/nonexistent"))
  }
}
