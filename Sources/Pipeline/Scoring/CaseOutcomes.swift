import Postgres

/// What analysts found out about customers when they closed cases, as a statement of single orders.
///
/// A case speaks of the orders its evidence names: those of the 24 hours up to each moment it shows. A case whose evidence
/// shows no moment (a profile, say) speaks of the last 7 days of orders before it was opened, counted from the last of them.
/// Of several cases the one closed first holds. Nothing is known before the case was closed.
public struct CaseOutcomes: Sendable {
  private struct Statement: Sendable {
    var closed: Double
    var opened: Double
    var outcome: ScoringEvent.Outcome
    /// Of the orders the evidence names.
    var moments: [Double]
  }

  /// How far before a moment of the evidence an order still belongs to it.
  static let secondsBefore = EventWindow.day
  /// The same of a case without moments, before the customer's last order.
  static let secondsWithout = 7 * EventWindow.day

  /// By customer, in order of closing.
  private var statements: [Int64: [Statement]] = [:]

  public init() {}

  /// True where no case was closed with an answer.
  public var isEmpty: Bool { statements.isEmpty }

  /// The relation the outcomes are read from; a database without it has none. Its columns: `customer_id bigint`,
  /// `outcome text`, `closed_at timestamptz`, `opened_at timestamptz` and `moments timestamptz[]`, one row a closed case.
  public static let relation = "desk.case_outcomes"

  /// Reads all outcomes; those that are neither `confirmed_fraud` nor `false_positive` say nothing.
  public static func read(_ connection: Connection) async throws -> CaseOutcomes {
    let present = try await connection.query("select to_regclass($1) is not null", [.text(relation)])
    guard present.first?.boolean(0) == true else { return CaseOutcomes() }
    var outcomes = CaseOutcomes()
    // SQL-safe: the relation is a constant.
    let rows = try await connection.query(
      """
      select customer_id, outcome, extract(epoch from closed_at)::float8, extract(epoch from opened_at)::float8,
        array_to_string(array(select extract(epoch from moment)::float8 from unnest(moments) moment), ' ')
      from \(relation) where closed_at is not null order by customer_id, closed_at, opened_at
      """
    ).rows
    for row in rows {
      guard let customer = row.integer(0), let outcome = row[1], let closed = row.double(2),
        let opened = row.double(3)
      else { continue }
      outcomes.add(
        customer, outcome, openedAt: opened, closedAt: closed,
        moments: (row[4] ?? "").split(separator: " ").compactMap { Double($0) })
    }
    return outcomes
  }

  /// Adds a closed case; cases of a customer in order of closing.
  mutating func add(
    _ customer: Int64, _ outcome: String, openedAt: Double, closedAt: Double, moments: [Double]
  ) {
    let known: ScoringEvent.Outcome
    switch outcome {
    case "confirmed_fraud": known = .fraud
    case "false_positive": known = .genuine
    default: return
    }
    statements[customer, default: []].append(
      Statement(closed: closedAt, opened: openedAt, outcome: known, moments: moments))
  }

  /// Writes into a customer's orders what is known of them, and since when.
  /// - Parameter range: the customer's orders, in order of time.
  func mark(_ events: inout [ScoringEvent], _ range: Range<Int>, of customer: Int64) {
    for statement in statements[customer] ?? [] {
      var spans = statement.moments.map { ($0 - Self.secondsBefore)...($0 + 1) }
      if spans.isEmpty, let last = range.last(where: { events[$0].time <= statement.opened }) {
        spans = [(events[last].time - Self.secondsWithout)...events[last].time]
      }
      for place in range
      where events[place].outcome == .unknown && events[place].time <= statement.closed
        && spans.contains(where: { $0.contains(events[place].time) })
      {
        events[place].outcome = statement.outcome
        events[place].outcomeKnownAt = statement.closed
      }
    }
  }
}
