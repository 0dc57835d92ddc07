import Foundation
import Pipeline
import Postgres
import TestSupport

// Fifty analysts, each on a connection of its own, take, note and close until no case is free. Printed is what each kind
// of step took, and whether every case was closed once with its whole log.
//
//     CasesBenchmark [CASES] [ANALYSTS] [MILLISECONDS BETWEEN STEPS]
//
// A pause is drawn anew for each step, between half and one and a half of what was asked for: with one length for all the
// fifty would come in waves.

struct Timings: Sendable {
  var taken: [Double] = []
  var noted: [Double] = []
  var closed: [Double] = []

  static func += (left: inout Timings, right: Timings) {
    left.taken += right.taken
    left.noted += right.noted
    left.closed += right.closed
  }
}

@main
struct CasesBenchmark {
  let cases: Int
  let analysts: Int
  /// Milliseconds between two steps of an analyst.
  let pause: Int

  static func main() async throws {
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let benchmark = CasesBenchmark(
      cases: numbers.first ?? 10_000, analysts: numbers.count > 1 ? numbers[1] : 50,
      pause: numbers.count > 2 ? numbers[2] : 0)
    try await benchmark.measure()
    exit(0)
  }

  private func measure() async throws {
    try await TestCluster.withSchema { connection, url in try await run(connection, url) }
  }

  private func run(_ connection: Connection, _ url: String) async throws {
    try await connection.query(
      """
      insert into desk.cases (customer_id, case_id, state, opened_at, due_at, changed_at, run_id, priority, score,
        composite, level, action, primary_factor, rule_hits, evidences)
      select c, c, 'new', now(), now() + interval '4 hours', now(), 1, 1 + c % 2, 100.0 + c % 37, .9, 'high',
        'MANUAL_REVIEW', 'velocity', '{}', '[]'
      from generate_series(1, $1::integer) c
      """, [.integer(Int64(cases))])
    let begin = ContinuousClock.now
    let all = try await withThrowingTaskGroup(of: Timings.self) { group in
      for number in 1...analysts { group.addTask { try await work(number, url) } }
      return try await group.reduce(into: Timings()) { $0 += $1 }
    }
    let length = ContinuousClock.now - begin
    print("\(analysts) analysts, \(cases) cases, \(pause) ms between steps: \(length)")
    print("step           count      p50      p95      p99      max   (ms)")
    print(line("take next", all.taken))
    print(line("note", all.noted))
    print(line("close", all.closed))
    print(line("all", all.taken + all.noted + all.closed))
    let check = try await connection.query(
      """
      select (select count(*) from desk.cases where state = 'closed' and version = 4), count(*),
        count(distinct (case_id, kind)) from desk.case_events
      """
    ).first
    print(
      "closed once each: \(check?[0] ?? "?") of \(cases); events: \(check?[1] ?? "?") of \(3 * cases), distinct \(check?[2] ?? "?")"
    )
  }

  func timed<Answer>(
    _ times: inout [Double], _ body: () async throws -> Answer
  ) async throws -> Answer {
    if pause > 0 { try await Task.sleep(for: .milliseconds(Double(pause) * Double.random(in: 0.5...1.5))) }
    let begin = ContinuousClock.now
    let answer = try await body()
    let length = ContinuousClock.now - begin
    times.append(Double(length.components.attoseconds) / 1e15 + Double(length.components.seconds) * 1_000)
    return answer
  }

  func work(_ number: Int, _ url: String) async throws -> Timings {
    let connection = try await Connection.open(url)
    let desk = CaseDesk(
      connection: connection, actor: CaseActor(name: "analyst \(number)", origin: "benchmark"))
    var timings = Timings()
    while let next = try await timed(&timings.taken, { try await desk.takeNext() }) {
      _ = try await timed(&timings.noted) { try await desk.take(.note("looked"), on: next.caseID) }
      _ = try await timed(&timings.closed) {
        try await desk.take(.close(.falsePositive, reason: "fine"), on: next.caseID)
      }
    }
    await connection.close()
    return timings
  }

  func line(_ name: String, _ times: [Double]) -> String {
    let sorted = times.sorted()
    func at(_ share: Double) -> String {
      guard !sorted.isEmpty else { return "-" }
      return String(format: "%8.2f", sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))])
    }
    return name.padding(toLength: 12, withPad: " ", startingAt: 0)
      + String(format: "%8d", sorted.count) + [0.5, 0.95, 0.99, 1].map(at).joined(separator: " ")
  }
}
