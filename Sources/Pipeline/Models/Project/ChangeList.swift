/// Who changed among the rows of a node, as `meta: changes` in its configuration says:
///
///     meta:
///       changes:
///         by: customer_id                          # rows that share a value change together, and depend on no others
///         listed_in: staging.touched_customers     # a source that lists the values since the last publication of all models
///
/// dbt reads over it; a model's own SQL asks the same list where `is_incremental()` holds.
struct ChangeList: Sendable, Hashable {
  let column: String
  /// The id of the source that lists who changed, also who is gone.
  let source: String
  let relation: Relation

  /// Of this many of a table's rows at the most rows are looked at one by one: beyond it all of them cost less.
  static let largestShare = 0.2
}

extension Project {
  /// The list of a model's or source's changes; nil where its configuration names none.
  func changes(of id: String) -> ChangeList? {
    let configuration = model(id)?.configuration ?? sources.first { $0.id == id }?.configuration
    guard let entry = configuration?["meta"]?["changes"], let column = entry["by"]?.string,
      let name = entry["listed_in"]?.string
    else { return nil }
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 2, let source = sourceReference(parts[0], parts[1]), let relation = relation(source)
    else { return nil }
    return ChangeList(column: column, source: source, relation: relation)
  }
}
