import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Digests of what the tasks work on, so that a task whose inputs are what they were is skipped.
///
/// A task's digest is made of what it reads itself and of the digests that the tasks before it noted when they last did
/// their work: not of what the source is now, which a run that began further down never loaded.
struct TaskInputs: Sendable {
  /// How the reason begins why a task is left out whose inputs are what they were; the run's number follows.
  static let unchanged = "unchanged since run "

  /// What each remembered task reads beside the work of those before it. None for `load` where the source cannot tell
  /// whether it changed.
  private let own: [String: String]

  /// What is noted with a publication beside the task: the files of the models and tests alone.
  static let models = "models"

  /// True where the models and tests are those of the last publication.
  func holdModels(_ connection: Connection) async throws -> Bool {
    try await Self.noted(connection)[Self.models]?.digest == own[Self.models]
  }

  /// The remembered tasks a remembered task works on.
  private static let before = [
    "validate": ["load"], "test-sources": ["load"], "score": ["load"], "publish": ["load", "score"],
  ]

  /// A task that was done.
  struct Noted: Sendable {
    let digest: String
    let runID: Int64
  }

  /// - Parameters:
  ///   - source: what is read.
  ///   - masking: what becomes of it.
  ///   - models: the project's folder.
  ///   - rules: the ruleset's folder.
  ///   - activeRuleset: the version of the database that is in force instead of that folder's.
  ///   - desk: digest of what the analysts' decisions tell the scoring.
  ///   - environment: the variables that models may ask for.
  init(
    source: any Source, masking: Masking, models: String, rules: String, activeRuleset: String? = nil,
    desk: String = "", environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    let project = try Self.digest(
      ofFolder: models, without: ["dashboards", "saved", "schema", "risk", "target"], environment)
    var own = [
      "validate": "", "test-sources": project, "publish": project, Self.models: project,
      "score": try Self.digest([Self.digest(ofFolder: rules, without: [], [:]), activeRuleset ?? "", desk]),
    ]
    // A source that cannot be read is the load's to report.
    if let fingerprint = try? source.fingerprint() {
      own["load"] = Self.digest([source.name, fingerprint, masking.fingerprint])
    }
    self.own = own
  }

  /// The run that last did the task with these inputs; nil where it has to be done.
  func lastRun(of task: String, _ connection: Connection) async throws -> Int64? {
    guard let remembered = Self.remembered(task) else { return nil }
    let noted = try await Self.noted(connection)
    guard let last = noted[remembered], last.digest == expected(remembered, noted) else { return nil }
    return last.runID
  }

  /// The task that is noted for it: the extractions and the load are done together or not at all, and so are the tasks of the
  /// shadow build. Nil for a task that every run does.
  private static func remembered(_ task: String) -> String? {
    if TaskSelection.lasting.contains(task) { return task }
    if TaskSelection.extractions.contains(task) { return "load" }
    return shadowTasks.contains(task) ? "publish" : nil
  }

  private static let shadowTasks: Set = [
    "build-staging", "test-staging", "build-marts", "test-marts", "publish",
  ]

  /// The digest the task will note when it works next. The load counts as it was last done; what comes after it may still be
  /// done in this run, and counts with the digest that it will note.
  private func expected(_ task: String, _ noted: [String: Noted]) -> String? {
    guard let own = own[task] else { return nil }
    guard let before = Self.before[task] else { return own }
    let digests = before.map { $0 == "load" ? noted[$0]?.digest : expected($0, noted) }
    return digests.contains(nil) ? nil : Self.digest([own] + digests.compactMap { $0 })
  }

  /// Remembers that the task was done, on what those before it noted.
  /// - Parameter former: what was noted before, where the task found everything as it was: that stands for a task whose inputs
  ///   nobody can tell.
  func note(_ task: String, runID: Int64, former: Noted? = nil, _ connection: Connection) async throws {
    let noted = try await Self.noted(connection)
    let digests = (Self.before[task] ?? []).map { noted[$0]?.digest }
    // What nobody noted, or cannot be told, is like nothing else.
    var digest = "run \(runID)"
    if let own = own[task], !digests.contains(nil) {
      digest = digests.isEmpty ? own : Self.digest([own] + digests.compactMap { $0 })
    }
    var runID = runID
    if let former, own[task] == nil { (digest, runID) = (former.digest, former.runID) }
    try await Self.note(task, digest: digest, runID: runID, connection)
  }

  /// Remembers the digest of what a run did the task on, in place of any other.
  static func note(_ task: String, digest: String, runID: Int64, _ connection: Connection) async throws {
    try await connection.query(
      """
      insert into monitoring.task_inputs (task, digest, run_id, noted_at) values ($1, $2, $3, clock_timestamp())
      on conflict (task) do update set digest = excluded.digest, run_id = excluded.run_id, noted_at = excluded.noted_at
      """, [.text(task), .text(digest), .integer(runID)])
  }

  /// What is remembered, by task.
  static func noted(_ connection: Connection) async throws -> [String: Noted] {
    let rows = try await connection.query("select task, digest, run_id from monitoring.task_inputs").rows
    return Dictionary(
      rows.map { ($0[0] ?? "", Noted(digest: $0[1] ?? "", runID: $0.integer(2) ?? 0)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Forgets what was done: before the task works, so that no kill leaves an old digest beside new data, and where
  /// something else than a run changed the result.
  static func forget(_ task: String, _ connection: Connection) async throws {
    try await connection.query("delete from monitoring.task_inputs where task = $1", [.text(task)])
  }

  /// What was noted of a task, which is forgotten with that.
  static func take(_ task: String, _ connection: Connection) async throws -> Noted? {
    let taken = try await connection.query(
      "delete from monitoring.task_inputs where task = $1 returning digest, run_id", [.text(task)])
    return taken.first.flatMap { row in row[0].map { Noted(digest: $0, runID: row.integer(1) ?? 0) } }
  }

  private static func digest(_ parts: [String]) -> String {
    Crypto.sha256Hex(parts.map { "\($0.utf8.count):\($0)" }.joined())
  }

  /// Names and contents of all files below a folder, and the values of the environment's variables that they name.
  private static func digest(
    ofFolder folder: String, without excluded: Set<String>, _ environment: [String: String]
  ) throws -> String {
    var parts: [String] = []
    let asking = /env_var\(\s*['"]([^'"]+)['"]/
    func visit(_ path: String, _ relative: String) throws {
      for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      where !name.hasPrefix(".") {
        let file = path + "/" + name
        var isFolder = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else { continue }
        if isFolder {
          if relative.isEmpty, excluded.contains(name) { continue }
          try visit(file, relative + name + "/")
        } else if let content = FileManager.default.contents(atPath: file) {
          parts += [relative + name, Crypto.sha256Hex(Array(content))]
          guard !environment.isEmpty else { continue }
          for match in String(decoding: content, as: UTF8.self).matches(of: asking) {
            let variable = String(match.1)
            parts += [variable, environment[variable] ?? ""]
          }
        }
      }
    }
    try visit(folder, "")
    return digest(parts)
  }
}

/// What runs remember of each other.
public enum RunMemory {
  /// To be called before models are published by something else than a run: the next run then builds them again instead of
  /// taking its last publication for what is there. Does nothing in a database that no run has worked on.
  public static func forgetPublication(in database: String) async throws {
    let connection = try await Connection.open(database)
    let exists = try await connection.query("select to_regclass('monitoring.task_inputs') is not null")
    if exists.first?.boolean(0) == true {
      for task in ["publish", TaskInputs.models] { try await TaskInputs.forget(task, connection) }
    }
    await connection.close()
  }
}
