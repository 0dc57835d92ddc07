import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Schedules and limits in the database")
struct SchedulesTests {
  static func add(
    _ name: String?, _ expression: String = "0 6 * * *", catchUp: CatchUp = .one, arguments: [String] = [],
    on connection: Connection
  ) async throws -> Schedule {
    try await Schedules.add(
      name: name, expression: CronExpression(expression), clock: ZoneClock("Europe/Madrid"), catchUp: catchUp,
      source: "demo", arguments: arguments, who: "tester@here", on: connection)
  }

  @Test("a schedule is kept, paused, resumed and removed, and each change wakes the daemon")
  func life() async throws {
    try await TestCluster.withSchema { connection, url in
      let listener = try await NotificationListener.open(url, channels: [Schedules.channel])
      let odd = "it's \"odd\" \\ ñ"
      let added = try await Self.add(odd, arguments: ["--source", "files:/a b/\"c\""], on: connection)
      #expect(added.name == odd && added.arguments == ["--source", "files:/a b/\"c\""])
      #expect(try await !listener.next().isEmpty)
      #expect(added.next != nil && added.last == nil)
      try await Schedules.setPaused(odd, true, on: connection)
      #expect(try await !listener.next().isEmpty)
      #expect(try await Schedules.all(on: connection).first?.next == nil)
      try await connection.execute("update monitoring.schedules set handled_until = '2020-01-01'")
      try await Schedules.setPaused(odd, false, on: connection)
      // What was due while it was paused is passed over.
      let resumed = try #require(try await Schedules.all(on: connection).first)
      #expect(!resumed.isPaused && resumed.handledUntil >= added.handledUntil)
      try await Schedules.remove(odd, on: connection)
      #expect(try await Schedules.all(on: connection).isEmpty)
      await listener.close()
    }
  }

  @Test("a name that is taken, empty or unknown is refused; a free one is found")
  func names() async throws {
    try await TestCluster.withSchema { connection, _ in
      let first = try await Self.add(nil, on: connection)
      #expect(first.name == "demo")
      #expect(try await Self.add(nil, on: connection).name == "demo-2")
      for name in ["demo", "", "two\nlines"] {
        await #expect(throws: ScheduleError.self) { try await Self.add(name, on: connection) }
      }
      await #expect(throws: ScheduleError.self) { try await Schedules.remove("nobody", on: connection) }
      await #expect(throws: ScheduleError.self) {
        try await Schedules.setPaused("nobody", true, on: connection)
      }
      #expect(try await Schedules.all(on: connection).count == 2)
    }
  }

  @Test("a stored expression that cannot be read names its schedule")
  func unreadable() async throws {
    try await TestCluster.withSchema { connection, _ in
      _ = try await Self.add("nightly", on: connection)
      try await connection.execute("update monitoring.schedules set expression = '0 99 * * *'")
      let error = await #expect(throws: ScheduleError.self) { try await Schedules.all(on: connection) }
      #expect(error?.description.contains("\"nightly\": hour, position 3: 99") == true)
    }
  }

  static func run(
    _ state: RunReport.State, id: Int64 = 7, started: Double = 1_000, ended: Double? = 1_100,
    tasks: [TaskReport] = [], tests: [TestReport] = []
  ) -> RunReport {
    RunReport(
      runID: id, source: "demo", state: state, reason: state == .failed ? "load: no" : nil,
      startedAt: started,
      endedAt: ended, startedBy: "tester@here", tasks: tasks, validations: [], tests: tests)
  }

  @Test("a run is slow and data are stale only past their limits")
  func limits() throws {
    let levels = try ServiceLevels(runSeconds: 100, dataHours: 1)
    let data = Publication(
      runID: 6, publishedAt: 1_000, source: "demo", hasSyntheticTimes: false, isMasked: true)
    #expect(levels.lateness(run: Self.run(.success), publication: data, now: 4_600).isEmpty)
    let late = levels.lateness(run: Self.run(.running, ended: nil), publication: data, now: 4_601)
    #expect(late.map(\.kind) == [.run, .data])
    #expect(late[0].seconds == 3_601 && late[0].limit == 100 && late[0].runID == 7)
    #expect(late[1].description.contains("stale"))
    // A crashed run has no end to measure.
    #expect(levels.lateness(run: Self.run(.crashed, ended: nil), publication: nil, now: 9_999).isEmpty)
    #expect(
      try ServiceLevels().lateness(run: Self.run(.running, ended: nil), publication: data, now: 1e9).isEmpty)
    #expect(levels.nextBreach(run: Self.run(.running, ended: nil), publication: data, now: 1_050) == 1_100)
    #expect(levels.nextBreach(run: Self.run(.success), publication: data, now: 1_050) == 4_600)
    #expect(levels.nextBreach(run: Self.run(.success), publication: data, now: 5_000) == nil)
  }

  @Test("limits are stored, replaced and taken away; senseless ones refused")
  func storedLimits() async throws {
    try await TestCluster.withSchema { connection, _ in
      #expect(try await ServiceLevels.read(from: connection) == ServiceLevels())
      try await ServiceLevels(runSeconds: 90, dataHours: 26).write(who: "a@b", on: connection)
      try await ServiceLevels(dataHours: 1.5).write(who: "a@b", on: connection)
      #expect(try await ServiceLevels.read(from: connection) == ServiceLevels(dataHours: 1.5))
    }
    for number in [0, -1, Double.nan, .infinity] {
      #expect(throws: ScheduleError.self) { try ServiceLevels(runSeconds: number) }
      #expect(throws: ScheduleError.self) { try ServiceLevels(dataHours: number) }
    }
  }
}
