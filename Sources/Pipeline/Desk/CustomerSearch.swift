import Postgres

/// A customer that fits what someone begins to type.
public struct CustomerMatch: Sendable, Hashable {
  public let id: Int64
  /// As the published data show it; nil: there is none.
  public let name: String?
  public let riskLevel: String?

  public init(id: Int64, name: String?, riskLevel: String?) {
    self.id = id
    self.name = name
    self.riskLevel = riskLevel
  }
}

/// Finds customers whose id or name begins with a text, by the indexes of analytics.customer_segmentation alone: fast
/// enough to be asked while one types.
public enum CustomerSearch {
  /// - Returns: At most `limit` customers; none for an empty text.
  /// - Throws: ``DeskError`` where nothing was published, ``PostgresError`` otherwise.
  public static func matches(
    _ text: String, limit: Int = 10, from connection: Connection
  ) async throws -> [CustomerMatch] {
    do {
      return try await DashboardReader.reading(connection) { connection in
        var found: [CustomerMatch] = []
        for (condition, binds) in conditions(text) where found.count < limit {
          // SQL-safe: the conditions are written below, values are binds.
          let rows = try connection.query(
            "select customer_id, full_name, risk_level from analytics.customer_segmentation where \(condition) "
              + "limit \(limit - found.count)", binds)
          for row in rows.rows {
            guard let id = row.integer(0), !found.contains(where: { $0.id == id }) else { continue }
            found.append(CustomerMatch(id: id, name: row[1], riskLevel: row[2]))
          }
        }
        return found
      }
    } catch let error as PostgresError where error.isMissingRelation {
      throw DeskError.nothingPublished
    }
  }

  /// Ranges of an index that hold what begins with the text, the nearest first.
  private static func conditions(_ text: String) -> [(String, [Bind])] {
    guard !text.isEmpty else { return [] }
    if let number = Int64(text) {
      guard number > 0 else { return [] }
      var ranges: [(String, [Bind])] = []
      var (low, width) = (number, Int64(1))
      // 42, then 420 to 429, 4200 to 4299 and so on.
      while true {
        ranges.append(
          (
            "customer_id >= $1 and customer_id < $2 order by customer_id",
            [.integer(low), .integer(low.addingReportingOverflow(width).partialValue)]
          ))
        let (next, isTooLarge) = low.multipliedReportingOverflow(by: 10)
        if isTooLarge || next > 1_000_000_000_000_000 { return ranges }
        (low, width) = (next, width * 10)
      }
    }
    let capitalized = text.prefix(1).uppercased() + text.dropFirst()
    let spellings = capitalized == text ? [text] : [capitalized, text]
    return spellings.map { spelling in
      (
        "full_name >= $1 and full_name < $1 || chr(1114111) and starts_with(full_name, $1) "
          + "order by full_name, customer_id", [.text(spelling)]
      )
    }
  }
}
