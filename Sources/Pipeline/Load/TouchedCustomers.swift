import Postgres

/// The customers whose raw rows or scores changed since all models were last published, in `staging.touched_customers`.
enum TouchedCustomers {
  /// Adds the customers of a query's first column, in the transaction that changes their rows.
  /// - Parameter query: SQL of this program.
  static func add(_ query: String, _ connection: Connection) async throws {
    // SQL-safe: the query is a constant of this program.
    try await connection.execute(
      "insert into staging.touched_customers (customer_id) \(query) on conflict (customer_id) do nothing")
    // Without statistics of this very list the planner reads whole tables for a few customers.
    try await connection.execute("analyze staging.touched_customers")
  }

  /// Adds every customer that there was or is to be.
  /// - Parameter more: SQL of this program for customers who are in no table yet; nil: there are none.
  static func addEveryone(and more: String? = nil, _ connection: Connection) async throws {
    let others = more.map { " union \($0)" } ?? ""
    try await add(
      // SQL-safe: as above.
      "select customer_id from staging.raw_customers union select customer_id from staging.fraud_scores\(others)",
      connection)
  }

  /// All models are published: nobody is touched any more.
  static func clear(_ connection: isolated Connection) throws {
    try connection.execute("truncate staging.touched_customers")
  }
}
