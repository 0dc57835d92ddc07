import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Digests of what the tasks work on, so that a task whose inputs are what they were is skipped.
///
/// Each digest holds that of the task before it, so a change anywhere reaches everything downstream.
struct TaskInputs: Sendable {
  /// How the reason begins why a task is left out whose inputs are what they were; the run's number follows.
  static let unchanged = "unchanged since run "

  /// Digest by task; empty where the source cannot tell whether it changed.
  let digests: [String: String]

  /// - Parameters:
  ///   - source: what is read.
  ///   - masking: what becomes of it.
  ///   - models: the project's folder.
  ///   - rules: the ruleset's folder.
  ///   - activeRuleset: the version of the database that is in force instead of that folder's.
  ///   - desk: digest of what the analysts' decisions tell the scoring.
  init(
    source: any Source, masking: Masking, models: String, rules: String, activeRuleset: String? = nil,
    desk: String = ""
  ) throws {
    // A source that cannot be read is the load's to report.
    guard let fingerprint = try? source.fingerprint() else {
      digests = [:]
      return
    }
    // A keyed hash of a fixed text tells one masking key from another without telling the key.
    let key = masking.emailHash("fingerprint@riskdeck") + (masking.isEnabled ? "" : " off")
    let load = Self.digest([source.name, fingerprint, key])
    let project = try Self.digest(
      ofFolder: models, without: ["dashboards", "saved", "schema", "risk", "target"])
    let score = try Self.digest([load, Self.digest(ofFolder: rules, without: []), activeRuleset ?? "", desk])
    let publication = Self.digest([score, project])
    var digests = [
      "load": load, "validate": load, "test-sources": Self.digest([load, project]), "score": score,
    ]
    for task in ["build-staging", "test-staging", "build-marts", "test-marts", "publish"] {
      digests[task] = publication
    }
    for task in TaskSelection.extractions { digests[task] = load }
    self.digests = digests
  }

  /// The run that last did the task with these inputs; nil where it has to be done.
  func lastRun(of task: String, _ connection: Connection) async throws -> Int64? {
    // The extractions and the load are done together or not at all, and so are the tasks of the shadow build.
    let stored =
      TaskSelection.lasting.contains(task)
      ? task : TaskSelection.extractions.contains(task) ? "load" : "publish"
    guard let digest = digests[task] else { return nil }
    let found = try await connection.query(
      "select run_id from monitoring.task_inputs where task = $1 and digest = $2",
      [.text(stored), .text(digest)])
    return found.first?.integer(0)
  }

  /// Remembers that the task was done.
  func note(_ task: String, runID: Int64, _ connection: Connection) async throws {
    try await connection.query(
      """
      insert into monitoring.task_inputs (task, digest, run_id, noted_at) values ($1, $2, $3, clock_timestamp())
      on conflict (task) do update set digest = excluded.digest, run_id = excluded.run_id, noted_at = excluded.noted_at
      """, [.text(task), .text(digests[task] ?? "unknown"), .integer(runID)])
  }

  /// Forgets what was done: before the task works, so that no kill leaves an old digest beside new data, and where
  /// something else than a run changed the result.
  static func forget(_ task: String, _ connection: Connection) async throws {
    try await connection.query("delete from monitoring.task_inputs where task = $1", [.text(task)])
  }

  private static func digest(_ parts: [String]) -> String {
    Crypto.sha256Hex(parts.map { "\($0.utf8.count):\($0)" }.joined())
  }

  /// Names and contents of all files below a folder.
  private static func digest(ofFolder folder: String, without excluded: Set<String>) throws -> String {
    var parts: [String] = []
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
    if exists.first?.boolean(0) == true { try await TaskInputs.forget("publish", connection) }
    await connection.close()
  }
}
