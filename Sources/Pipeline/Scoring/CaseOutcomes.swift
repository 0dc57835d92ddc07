import Postgres

/// What analysts found out about customers when they closed cases, as a statement of each customer's events.
///
/// A case speaks of a customer, not of single orders: its outcome holds for the orders of the 30 days before it was
/// closed, that of the first case closed after an order where there are several.
public struct CaseOutcomes: Sendable {
  private struct Closing: Sendable {
    var time: Double
    var outcome: ScoringEvent.Outcome
  }

  /// How far a case looks back.
  static let days = 30.0

  /// By customer, in order of time.
  private var closings: [Int64: [Closing]] = [:]

  public init() {}

  /// True where no case was closed with an answer.
  public var isEmpty: Bool { closings.isEmpty }

  /// The relation the outcomes are read from; a database without it has none.
  /// Its columns: `customer_id bigint`, `outcome text` and `closed_at timestamptz`, one row a closed case.
  public static let relation = "desk.case_outcomes"

  /// Reads all outcomes; those that are neither `confirmed_fraud` nor `false_positive` say nothing.
  public static func read(_ connection: Connection) async throws -> CaseOutcomes {
    let present = try await connection.query("select to_regclass($1) is not null", [.text(relation)])
    guard present.first?.boolean(0) == true else { return CaseOutcomes() }
    // SQL-safe: the relation is a constant.
    return try await read(
      """
      select customer_id, outcome, extract(epoch from closed_at)::float8 from \(relation)
      where closed_at is not null order by customer_id, closed_at
      """, connection)
  }

  /// - Parameter query: gives customer, outcome and the seconds since 1970 at which it was known, in that order.
  static func read(_ query: String, _ connection: Connection) async throws -> CaseOutcomes {
    var outcomes = CaseOutcomes()
    for row in try await connection.query(query).rows {
      guard let customer = row.integer(0), let outcome = row[1], let closed = row.double(2) else { continue }
      outcomes.add(customer, outcome, closedAt: closed)
    }
    return outcomes
  }

  /// Adds a closed case; cases of a customer in order of time.
  mutating func add(_ customer: Int64, _ outcome: String, closedAt: Double) {
    switch outcome {
    case "confirmed_fraud": closings[customer, default: []].append(Closing(time: closedAt, outcome: .fraud))
    case "false_positive": closings[customer, default: []].append(Closing(time: closedAt, outcome: .genuine))
    default: break
    }
  }

  /// What is known of an order of that customer at that moment.
  func outcome(_ customer: Int64, at time: Double) -> ScoringEvent.Outcome {
    guard let closings = closings[customer], let next = closings.first(where: { $0.time >= time }),
      next.time - time <= Self.days * EventWindow.day
    else { return .unknown }
    return next.outcome
  }
}
