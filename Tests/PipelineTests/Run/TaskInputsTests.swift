import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("what a run remembers of the work of earlier ones")
struct TaskInputsTests {
  /// A source that says by a text what it would hand out.
  private struct Told: Source {
    let name = "told"
    let data: String?

    func fingerprint() throws -> String? { data }
    func products(_ receive: PageReceiver<ProductRecord>) async throws {}
    func customers(_ receive: PageReceiver<CustomerRecord>) async throws {}
    func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {}
  }

  /// What is read beside the database, as files and variables.
  private struct World {
    var data: String? = "one"
    var model = "select 1"
    var rules = "weights"
    var environment: [String: String] = [:]

    func inputs(_ folder: ScratchFolder) throws -> TaskInputs {
      for (name, text) in [("models", model), ("rules", rules)] {
        try FileManager.default.createDirectory(
          atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: folder.path + "/\(name)/file"))
      }
      return try TaskInputs(
        source: Told(data: data), masking: Masking(key: MaskingKey(bytes: Array("a key for tests".utf8))),
        models: folder.path + "/models", rules: folder.path + "/rules", environment: environment)
    }
  }

  private static let remembered = ["load", "validate", "test-sources", "score", "publish"]

  /// A database in which run 1 did everything in `world`.
  private static func withRun(
    _ world: World, _ body: (Connection, ScratchFolder) async throws -> Void
  ) async throws {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    try await TestCluster.withSchema { connection, _ in
      let inputs = try world.inputs(folder)
      for task in remembered { try await inputs.note(task, runID: 1, connection) }
      try await body(connection, folder)
    }
  }

  /// The tasks a run of everything would leave out now.
  private static func unchanged(_ inputs: TaskInputs, _ connection: Connection) async throws -> [String] {
    var tasks: [String] = []
    for task in remembered where try await inputs.lastRun(of: task, connection) != nil { tasks.append(task) }
    return tasks
  }

  @Test("where nothing changed everything is left out, the extractions and the models as well")
  func same() async throws {
    try await Self.withRun(World()) { connection, folder in
      let inputs = try World().inputs(folder)
      for task in try PipelineRun.graph().tasks.map(\.name) where task != "open-cases" {
        #expect(try await inputs.lastRun(of: task, connection) == 1, "\(task)")
      }
      #expect(
        try await inputs.lastRun(of: "open-cases", connection) == nil, "cases change without a run's doing")
    }
  }

  @Test(
    "a run that began at the scoring has not loaded what the source has now, and the next one does all of it")
  func newDataUnloaded() async throws {
    try await Self.withRun(World()) { connection, folder in
      let inputs = try World(data: "two").inputs(folder)
      for task in ["score", "publish"] { try await inputs.note(task, runID: 2, connection) }
      #expect(try await inputs.lastRun(of: "load", connection) == nil)
      for task in ["load", "validate", "test-sources"] { try await inputs.note(task, runID: 3, connection) }
      #expect(try await Self.unchanged(inputs, connection) == ["load", "validate", "test-sources"])
      try await inputs.note("score", runID: 3, connection)
      #expect(try await inputs.lastRun(of: "publish", connection) == nil)
    }
  }

  @Test("marts built on old scores are built again once the new ruleset has scored")
  func newRulesUnscored() async throws {
    try await Self.withRun(World()) { connection, folder in
      let inputs = try World(rules: "other weights").inputs(folder)
      try await inputs.note("publish", runID: 2, connection)
      #expect(try await Self.unchanged(inputs, connection) == ["load", "validate", "test-sources"])
      #expect(try await inputs.lastRun(of: "build-staging", connection) == nil)
      try await inputs.note("score", runID: 3, connection)
      #expect(try await inputs.lastRun(of: "publish", connection) == nil)
      try await inputs.note("publish", runID: 3, connection)
      #expect(try await Self.unchanged(inputs, connection) == Self.remembered)
    }
  }

  @Test("a variable that a model asks for counts, others do not")
  func environment() async throws {
    let model = "select '{{ env_var(\"STAMP\") }}'"
    try await Self.withRun(World(model: model, environment: ["STAMP": "a", "OTHER": "a"])) {
      connection, folder in
      let other = try World(model: model, environment: ["STAMP": "a", "OTHER": "b"]).inputs(folder)
      #expect(try await Self.unchanged(other, connection) == Self.remembered)
      let changed = try World(model: model, environment: ["STAMP": "b", "OTHER": "a"]).inputs(folder)
      #expect(try await Self.unchanged(changed, connection) == ["load", "validate", "score"])
    }
  }

  @Test("what a source that cannot tell has loaded is like nothing else")
  func untold() async throws {
    try await Self.withRun(World(data: nil)) { connection, folder in
      let inputs = try World(data: nil).inputs(folder)
      #expect(try await inputs.lastRun(of: "load", connection) == nil)
      try await inputs.note("load", runID: 2, connection)
      #expect(try await Self.unchanged(inputs, connection) == [])
    }
  }
}
