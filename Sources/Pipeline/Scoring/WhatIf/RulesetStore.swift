import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A ruleset as it is kept in the database.
public struct RulesetVersion: Sendable, Hashable {
  /// 12 digits of the SHA-256 of rules, priors and domain list.
  public let version: String
  public let note: String
  public let savedBy: String
  /// Seconds since 1970, UTC.
  public let savedAt: Double
  /// The version it was made from; nil: it came from the project's files.
  public let basedOn: String?
  public let isActive: Bool

  public init(
    version: String, note: String, savedBy: String, savedAt: Double, basedOn: String?, isActive: Bool
  ) {
    self.version = version
    self.note = note
    self.savedBy = savedBy
    self.savedAt = savedAt
    self.basedOn = basedOn
    self.isActive = isActive
  }
}

/// Versions of the ruleset: who made them, when and why, and which one scores. The project's `queries/risk` is the version
/// in force until another one was activated.
///
/// A version holds the rules and all that goes with them, so that a score can be explained after the files have changed.
public enum RulesetStore {
  /// What a ruleset is made of.
  struct Texts: Sendable, Hashable {
    var rules: String
    let domains: String
    let priors: String

    var version: String { RulesetFiles.version(rules: rules, domains: domains, priors: priors) }
  }

  /// The rules that score now.
  /// - Parameter rules: the project's folder of rules.
  public static func active(rules: String, _ connection: Connection) async throws -> RulesetFiles {
    guard let version = try await activeVersion(connection) else { return try RulesetFiles.read(rules) }
    return try await files(version: version, rules: rules, connection)
  }

  /// The version that was activated last; nil: the project's files are in force.
  public static func activeVersion(_ connection: Connection) async throws -> String? {
    let exists = try await connection.query("select to_regclass('desk.ruleset_activations') is not null")
    guard exists.first?.boolean(0) == true else { return nil }
    return try await connection.query(
      "select version from desk.ruleset_activations order by activation desc limit 1"
    ).first?[0]
  }

  /// The rules of a version: from the database, or the project's where they are that version.
  /// - Throws: ``ScoringError`` where it is neither.
  static func files(version: String, rules: String, _ connection: Connection) async throws -> RulesetFiles {
    if let texts = try await texts(version: version, connection) {
      return try RulesetFiles.parse(texts, file: "ruleset \(version)")
    }
    let files = try RulesetFiles.read(rules)
    guard files.ruleset.version == version else {
      throw ScoringError(
        .ruleset, "ruleset \(version) is kept neither in the database nor in \(rules); run the pipeline once")
    }
    return files
  }

  private static func texts(version: String, _ connection: Connection) async throws -> Texts? {
    let exists = try await connection.query("select to_regclass('desk.rulesets') is not null")
    guard exists.first?.boolean(0) == true else { return nil }
    let found = try await connection.query(
      "select rules, domains, priors from desk.rulesets where version = $1", [.text(version)])
    return found.first.map { Texts(rules: $0[0] ?? "", domains: $0[1] ?? "", priors: $0[2] ?? "") }
  }

  /// The rules' text of a version, or of the active one.
  /// - Throws: ``ScoringError`` where there is no such version.
  public static func text(
    version: String?, rules: String, _ connection: Connection
  ) async throws -> (version: String, text: String) {
    let wanted: String?
    if let version { wanted = version } else { wanted = try await activeVersion(connection) }
    let project = try RulesetFiles.texts(rules)
    guard let wanted, wanted != project.version else { return (project.version, project.rules) }
    guard let texts = try await texts(version: wanted, connection) else { throw unknown(wanted) }
    return (wanted, texts.rules)
  }

  /// All versions, the newest first; the project's is the last where it was never saved.
  public static func versions(rules: String, _ connection: Connection) async throws -> [RulesetVersion] {
    let active = try await activeVersion(connection)
    let project = try RulesetFiles.texts(rules).version
    let exists = try await connection.query("select to_regclass('desk.rulesets') is not null")
    guard exists.first?.boolean(0) == true else {
      return [
        RulesetVersion(
          version: project, note: "queries/risk", savedBy: "", savedAt: 0, basedOn: nil, isActive: true)
      ]
    }
    var versions = try await connection.query(
      """
      select version, note, coalesce(person, saved_by), extract(epoch from saved_at)::float8, based_on
      from desk.rulesets order by saved_at desc, version
      """
    ).rows.map { row in
      RulesetVersion(
        version: row[0] ?? "", note: row[1] ?? "", savedBy: row[2] ?? "", savedAt: row.double(3) ?? 0,
        basedOn: row[4], isActive: row[0] == active || (active == nil && row[0] == project))
    }
    if !versions.contains(where: { $0.version == project }) {
      versions.append(
        RulesetVersion(
          version: project, note: "queries/risk", savedBy: "", savedAt: 0, basedOn: nil,
          isActive: active == nil))
    }
    return versions
  }

  /// Keeps a tuned ruleset as a new version.
  /// - Parameters:
  ///   - base: the version the numbers were tuned in; nil: the active one.
  ///   - note: why; not blank.
  ///   - origin: user@host, for the audit log.
  ///   - person: the name somebody works under; nil: the login says who.
  /// - Returns: the version; that of an equal one where there is one.
  /// - Throws: ``ScoringError`` for a mistake in the numbers, ``AccessError`` where it is not allowed.
  @discardableResult
  public static func save(
    _ tuning: RulesetTuning, base: String? = nil, note: String, rules: String, origin: String,
    by person: String? = nil, _ connection: Connection
  ) async throws -> String {
    let (version, text) = try await text(version: base, rules: rules, connection)
    return try await save(
      text: try tuning.applied(to: text), basedOn: version, note: note, rules: rules, origin: origin,
      by: person, connection)
  }

  /// Keeps a ruleset with other numbers, named as in its file: `weights.orders_1h`, `hard_rules.burst.points`.
  /// - Throws: ``ScoringError`` also where there is no such number.
  @discardableResult
  public static func save(
    _ named: [String: String], base: String? = nil, note: String, rules: String, origin: String,
    by person: String? = nil, _ connection: Connection
  ) async throws -> String {
    let (version, _) = try await text(version: base, rules: rules, connection)
    let ruleset = try await files(version: version, rules: rules, connection).ruleset
    var tuning = RulesetTuning()
    for (name, text) in named {
      guard let number = ruleset.numbers.first(where: { $0.path.joined(separator: ".") == name }) else {
        let names = ruleset.numbers.map { $0.path.joined(separator: ".") }.joined(separator: ", ")
        throw ScoringError(.ruleset, "there is no number \(name); there are \(names)")
      }
      guard let value = Double(text), number.range.contains(value) else {
        throw ScoringError(
          .ruleset,
          "\(name) must be a number from \(RulesetTuning.text(number.range.lowerBound)) to \(RulesetTuning.text(number.range.upperBound))"
        )
      }
      tuning.set(number, to: value, in: ruleset)
    }
    if let problem = tuning.problem(in: ruleset) { throw ScoringError(.ruleset, problem) }
    return try await save(
      tuning, base: version, note: note, rules: rules, origin: origin, by: person, connection)
  }

  /// Keeps a ruleset's text as a new version.
  @discardableResult
  public static func save(
    text: String, basedOn: String?, note: String, rules: String, origin: String, by person: String? = nil,
    _ connection: Connection
  ) async throws -> String {
    try await Access.read(connection).require(.saveRuleset)
    guard note.contains(where: { !$0.isWhitespace }) else {
      throw ScoringError(.ruleset, "a version needs a note that says why")
    }
    var texts = try await storedTexts(basedOn, rules, connection)
    texts.rules = text
    // Only a ruleset that can be read is kept.
    _ = try RulesetFiles.parse(texts, file: "the new ruleset")
    let kept = texts
    let version = texts.version
    try await connection.transaction { connection in
      try await insert(kept, note: note, basedOn: basedOn == version ? nil : basedOn, by: person, connection)
      try await AuditLog.append(
        .rulesetChange, subject: "ruleset \(version)",
        detail: ["saved": version, "note": note].merging(person.map { ["by": $0] } ?? [:]) { $1 },
        origin: origin, on: connection)
    }
    return version
  }

  private static func storedTexts(
    _ version: String?, _ rules: String, _ connection: Connection
  ) async throws -> Texts {
    if let version, let texts = try await texts(version: version, connection) { return texts }
    return try RulesetFiles.texts(rules)
  }

  private static func insert(
    _ texts: Texts, note: String, basedOn: String?, by person: String?, _ connection: Connection
  ) async throws {
    try await connection.query(
      """
      insert into desk.rulesets (version, rules, domains, priors, note, based_on, person)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (version) do nothing
      """,
      [
        .text(texts.version), .text(texts.rules), .text(texts.domains), .text(texts.priors), .text(note),
        Bind(basedOn), Bind(person),
      ])
  }

  /// Puts a version in force: the next run scores with it.
  /// - Throws: ``ScoringError`` where there is no such version, ``AccessError`` where it is not allowed.
  public static func activate(
    _ version: String, note: String = "", rules: String, origin: String, by person: String? = nil,
    _ connection: Connection
  ) async throws {
    try await Access.read(connection).require(.activateRuleset)
    try await connection.transaction { connection in
      if try await texts(version: version, connection) == nil {
        let project = try RulesetFiles.texts(rules)
        guard project.version == version else { throw unknown(version) }
        try await insert(project, note: "queries/risk", basedOn: nil, by: person, connection)
      }
      try connection.query(
        "insert into desk.ruleset_activations (version, note, person) values ($1, $2, $3)",
        [.text(version), .text(note), Bind(person)])
      try await AuditLog.append(
        .rulesetChange, subject: "ruleset \(version)",
        detail: ["activated": version, "note": note].merging(person.map { ["by": $0] } ?? [:]) { $1 },
        origin: origin, on: connection)
    }
  }

  /// Puts the version in force that was so before the active one.
  /// - Returns: that version.
  /// - Throws: ``ScoringError`` where there is none before.
  @discardableResult
  public static func rollBack(
    rules: String, origin: String, by person: String? = nil, _ connection: Connection
  ) async throws -> String {
    let active = try await activeVersion(connection)
    let before = try await connection.query(
      "select version from desk.ruleset_activations where version is distinct from $1 order by activation desc limit 1",
      [Bind(active)]
    ).first?[0]
    let project = try RulesetFiles.texts(rules).version
    guard active != nil, let version = before ?? (active == project ? nil : project) else {
      throw ScoringError(.ruleset, "no other version was in force before; there is nothing to go back to")
    }
    try await activate(version, note: "rolled back", rules: rules, origin: origin, by: person, connection)
    return version
  }

  /// The lines in which two versions differ: ` ` both, `-` the first, `+` the second.
  public static func difference(_ first: String, _ second: String) -> [String] {
    let old = first.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let new = second.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let changes = new.difference(from: old)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in changes {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var lines: [String] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if removed.contains(left) {
        lines.append("-" + old[left])
        left += 1
      } else if inserted.contains(right) {
        lines.append("+" + new[right])
        right += 1
      } else {
        left += 1
        right += 1
      }
    }
    return lines
  }

  private static func unknown(_ version: String) -> ScoringError {
    ScoringError(.ruleset, "there is no ruleset \(version); riskdeck risk rulesets list shows them")
  }
}
