import Postgres

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What one scoring learnt of all customers, kept so that later ones can score those that changed alone: a score follows from
/// this, from the rules and from what is known of the customer and of those that share a device or an address.
struct ScoringBaseline: Sendable {
  /// The part that is stored as text.
  struct Usual: Sendable, Codable {
    /// Without accounts by device and address, which are read each time.
    var population: Population
    var reference: Reference
    var customerScale: CompositeScale
    var suspendedRules: [String]
    /// What the scores rest on, for people.
    var notes: [String]
  }

  /// Customers that may have changed since, as a share of all, and seconds that the newest order may be newer: beyond them what
  /// is usual is learnt anew.
  static let largestChange = 0.1
  static let longestTime = 7 * EventWindow.day

  var usual: Usual
  var runID: Int64
  /// Digest of rules, fitted reference and lists.
  var ground: String
  /// Customers that changed since.
  var changed: Int64 = 0

  /// Reads what is kept; nil where nothing is, or where it rests on other ground.
  static func read(_ connection: Connection, ground: String) async throws -> ScoringBaseline? {
    let found = try await connection.query(
      "select run_id, changed, usual from staging.scoring_baseline where ground = $1", [.text(ground)])
    guard let row = found.first, let runID = row.integer(0), let changed = row.integer(1), let text = row[2]
    else { return nil }
    // What another version of the program wrote is learnt anew.
    guard let usual = try? JSONDecoder().decode(Usual.self, from: Data(text.utf8)) else { return nil }
    return ScoringBaseline(usual: usual, runID: runID, ground: ground, changed: changed)
  }

  /// Keeps it; with it goes the list of the customers that had changed, which are scored now.
  /// - Parameter overridden: customers whose level a person has set.
  func store(_ connection: Connection, overridden: [Int64]) async throws {
    var kept = usual
    kept.population.accountsByDevice = [:]
    kept.population.accountsByAddress = [:]
    let text = String(decoding: try JSONEncoder().encode(kept), as: UTF8.self)
    try await connection.execute("delete from staging.scoring_baseline")
    try await connection.query(
      """
      insert into staging.scoring_baseline (run_id, ground, changed, overridden, usual)
      values ($1, $2, $3, $4::bigint[], $5)
      """,
      [
        .integer(runID), .text(ground), .integer(changed),
        .text("{" + overridden.map { "\($0)" }.joined(separator: ",") + "}"), .text(text),
      ])
    try await connection.execute("delete from staging.changed_customers")
  }

  /// Forgets it: the next scoring scores everyone and learns what is usual.
  static func forget(_ connection: isolated Connection) throws {
    try connection.execute("delete from staging.scoring_baseline; delete from staging.changed_customers")
  }
}
