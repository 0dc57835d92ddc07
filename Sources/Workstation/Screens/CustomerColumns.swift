import Pipeline

extension CustomerListFields {
  /// The columns of the customer list as the front end shows them, the most wanted first.
  static let columns: [Column] = {
    let shown: [(String, String, Column.WidthRule, ValueFormat)] = [
      ("customer_id", "ID", .fit(minimum: 6, maximum: 12), .plain),
      ("full_name", "Name", .rest(minimum: 16), .plain),
      ("risk_level", "Level", .fit(minimum: 8, maximum: 9), .plain),
      ("composite_risk_score", "Risk", .fixed(6), .score),
      ("total_spent", "Spent", .fit(minimum: 10, maximum: 14), .currency),
      ("total_orders", "Orders", .fixed(6), .integer),
      ("customer_segment", "Segment", .fixed(8), .plain),
      ("value_tier", "Tier", .fixed(12), .plain),
      ("score", "Score", .fixed(7), .decimal),
      ("customer_activity_score", "Activity", .fixed(8), .integer),
      ("country", "Country", .fit(minimum: 8, maximum: 16), .plain),
      ("primary_risk_factor", "Main factor", .fit(minimum: 11, maximum: 18), .plain),
      ("retention_status", "Retention", .fit(minimum: 12, maximum: 20), .plain),
      ("last_order_at", "Last order", .fixed(10), .date),
    ]
    return shown.compactMap { name, title, width, format in
      all.first { $0.name == name }.map {
        Column(name: name, title: title, kind: $0.kind, width: width, format: format)
      }
    }
  }()

  /// What a filter line may name: also classes that have no column.
  static let filterColumns: [Column] =
    columns
    + filterable.filter { field in !columns.contains { $0.name == field.name } }
    .map { Column(name: $0.name, kind: $0.kind) }

  /// The columns with those of `names` visible, in that order; all where `names` is empty.
  static func columns(visible names: [String]) -> [Column] {
    guard !names.isEmpty else { return columns }
    let first = names.compactMap { name in columns.first { $0.name == name } }
    let rest = columns.filter { !names.contains($0.name) }.map { column in
      var hidden = column
      hidden.isVisible = false
      return hidden
    }
    return first.isEmpty ? columns : first + rest
  }
}
