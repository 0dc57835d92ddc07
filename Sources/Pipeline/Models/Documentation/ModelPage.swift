/// What there is to know of a model, seed or source: where it stands, what it means, who watches it, what it reads and
/// who reads it.
public struct ModelPage: Sendable, Hashable {
  public struct Column: Sendable, Hashable {
    public let name: String
    /// As SQL writes it: the published table's, else schema.yml's; nil where neither is known.
    public let type: String?
    public let description: String
    public let tests: [Test]
  }

  public struct Test: Sendable, Hashable {
    /// The test's full name, as `riskdeck test --show-failures` takes it.
    public let name: String
    /// A generic test's plain name such as `unique`, or the name the project gives it.
    public let label: String
    /// What schema.yml says of it.
    public let description: String
    /// True where failures only warn.
    public let isWarning: Bool
    /// What it said when a run asked it last; nil where no run did.
    public let lastResult: Result?
  }

  /// What a test said in a run.
  public struct Result: Sendable, Hashable {
    public let runID: Int64
    /// Seconds since 1970, UTC.
    public let testedAt: Double
    public let status: TestResult.Status
    /// Nil where the test could not be answered.
    public let failures: Int64?
    public let message: String?

    public init(
      runID: Int64, testedAt: Double, status: TestResult.Status, failures: Int64?, message: String?
    ) {
      self.runID = runID
      self.testedAt = testedAt
      self.status = status
      self.failures = failures
      self.message = message
    }
  }

  /// A node beside this one in the graph.
  public struct Neighbour: Sendable, Hashable {
    public let id: String
    public let name: String
    public let kind: String
  }

  /// `model.project.name` and the like.
  public let id: String
  /// A source's is `source.table`.
  public let name: String
  /// view, table, incremental, ephemeral, seed or source.
  public let kind: String
  /// Schema and name in the database; nil for an ephemeral model, which has none.
  public let relation: String?
  /// The file it stands in, from the project's folder.
  public let file: String
  public let tags: [String]
  public let description: String
  /// Those of schema.yml in its order, then those only the database knows.
  public let columns: [Column]
  /// Tests on the node as a whole, and singular tests that read it.
  public let tests: [Test]
  /// What it reads itself.
  public let upstream: [Neighbour]
  /// What reads it itself; tests are not among them.
  public let downstream: [Neighbour]
  /// The tree of all it stands on and all that stands on it, as text: ``Lineage/lines(of:depth:)``.
  public let lineage: [String]
  /// The file's text as its author wrote it; empty for seeds and sources.
  public let sql: String

  /// Every test on the node: of its columns in their order, then of the whole.
  public var allTests: [Test] { columns.flatMap(\.tests) + tests }

  /// The page for a terminal.
  public var lines: [String] {
    var lines = ["\(name)  \(kind)  \(file)"]
    if !description.isEmpty { lines += description.split(separator: "\n").map { "  " + $0 } }
    if !upstream.isEmpty { lines.append("  reads: " + upstream.map(\.name).joined(separator: ", ")) }
    if !downstream.isEmpty { lines.append("  read by: " + downstream.map(\.name).joined(separator: ", ")) }
    if !tests.isEmpty { lines.append("  tests: " + tests.map(\.label).joined(separator: ", ")) }
    let width = columns.map(\.name.count).max() ?? 0
    for column in columns {
      let padding = String(repeating: " ", count: width - column.name.count)
      let watched =
        column.tests.isEmpty ? "" : "  [" + column.tests.map(\.label).joined(separator: ", ") + "]"
      lines.append("  \(column.name)\(padding)  \(column.description)\(watched)")
    }
    return lines
  }
}
