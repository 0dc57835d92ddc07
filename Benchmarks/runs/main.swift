import Glibc
import Pipeline
import Postgres

/// What orchestration costs: forty tasks that do nothing, through the real executor with its run log in a database.
/// The arguments are the database's URL and the folder of the schema's steps.
///
/// The graph is a fan of twenty tasks, each with one behind it, all side by side as far as they can.
let published = 116.0
let limit = 0.3
let rounds = 7

guard CommandLine.arguments.count == 3 else {
  print("usage: RunBenchmark DATABASE-URL SCHEMA-FOLDER")
  exit(64)
}
let database = CommandLine.arguments[1]
let connection = try await Connection.open(database)
try await Migrations(folder: CommandLine.arguments[2]).apply(to: connection)

let firsts = (1...20).map { TaskDefinition("first-\($0)") }
let seconds = (1...20).map { TaskDefinition("second-\($0)", after: ["first-\($0)"]) }
let graph = try TaskGraph(firsts + seconds)
let chain = try TaskGraph(
  (1...40).map { TaskDefinition("step-\($0)", after: $0 == 1 ? [] : ["step-\($0 - 1)"]) })

/// The median length of a run of the graph, from its start to the end of its log.
func median(_ graph: TaskGraph) async throws -> Double {
  let nothing: TaskBody = { _ in .done(TaskOutcome()) }
  let bodies = Dictionary(uniqueKeysWithValues: graph.tasks.map { ($0.name, nothing) })
  let executor = RunExecutor(database: database, graph: graph, bodies: bodies)
  let clock = ContinuousClock()
  var lengths: [Double] = []
  for _ in 0..<rounds {
    let begin = clock.now
    let runID = try await executor.run(
      RunSettings(source: "benchmark", startedBy: "benchmark", processID: getpid(), version: "0"))
    let length = begin.duration(to: clock.now)
    guard let report = try await RunReportReader.run(runID, from: connection), report.state == .success,
      report.tasks.count == 40, report.tasks.allSatisfy({ $0.state == .success })
    else {
      print("run \(runID) did not do its forty tasks")
      exit(1)
    }
    lengths.append(Double(length.components.seconds) + Double(length.components.attoseconds) * 1e-18)
  }
  return lengths.sorted()[rounds / 2]
}

var isMet = true
for (name, graph) in [("20 side by side, one behind each", graph), ("a chain of 40", chain)] {
  let length = try await median(graph)
  isMet = isMet && length < limit
  let ratio = Int((published / length).rounded())
  print("\(name): \(Int((length * 1_000).rounded())) ms for 40 empty tasks, median of \(rounds) runs;")
  print("  1/\(ratio) of the \(Int(published)) s published for 40 tasks of 10 ms in Airflow")
}
await connection.close()
print(isMet ? "under \(limit) s: yes" : "under \(limit) s: NO")
exit(isMet ? 0 : 1)
