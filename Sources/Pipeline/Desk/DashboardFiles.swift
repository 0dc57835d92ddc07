#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads `queries/dashboards`: one YAML file a dashboard, one `.sql` file a card. docs/dashboards.md describes the
/// format.
public enum DashboardFiles {
  /// The dashboards that could be read, in the order of their `position` and then name, and what is wrong with the
  /// others: one broken file hides no other dashboard.
  public struct Contents: Sendable, Hashable {
    public let dashboards: [DashboardDefinition]
    public let errors: [DashboardFileError]
  }

  /// Reads every `NAME.yml` of a folder, or one such file.
  /// - Throws: `DashboardFileError` when the folder itself cannot be read.
  public static func read(at path: String) throws(DashboardFileError) -> Contents {
    guard let (folder, names) = files(at: path) else {
      throw DashboardFileError(code: .unreadable, file: path, problem: "the folder cannot be read")
    }
    var dashboards: [(position: Double, definition: DashboardDefinition)] = []
    var errors: [DashboardFileError] = []
    for name in names {
      let file = "\(folder)/\(name)"
      do throws(DashboardFileError) {
        guard let yaml = text(ofFile: file) else {
          throw DashboardFileError(code: .unreadable, file: file, problem: "the file cannot be read as UTF-8")
        }
        dashboards.append(
          try parse(yaml: yaml, file: file, name: String(name.dropLast(4))) {
            text(ofFile: "\(folder)/\($0)")
          })
      } catch {
        errors.append(error)
      }
    }
    dashboards.sort { ($0.position, $0.definition.name) < ($1.position, $1.definition.name) }
    return Contents(dashboards: dashboards.map(\.definition), errors: errors)
  }

  /// The dashboards' files at a path: the folder that cards' paths start from, and the names in it.
  static func files(at path: String) -> (folder: String, names: [String])? {
    if path.hasSuffix(".yml") {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      let folder = parts.dropLast().joined(separator: "/")
      return (parts.count == 1 ? "." : folder.isEmpty ? "/" : folder, [String(parts[parts.count - 1])])
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return nil }
    return (path, names.filter { $0.hasSuffix(".yml") && !$0.hasPrefix(".") }.sorted())
  }

  /// Reads one dashboard out of its text.
  /// - Parameters:
  ///   - file: The file's name in errors.
  ///   - name: The dashboard's name.
  ///   - query: The text of a card's `.sql` file, by its path relative to the folder; nil: there is none.
  /// - Throws: `DashboardFileError` at the first thing that is wrong.
  public static func definition(
    yaml: String, file: String, name: String, query: (String) -> String?
  ) throws(DashboardFileError) -> DashboardDefinition {
    try parse(yaml: yaml, file: file, name: name, query: query).definition
  }

  private static func parse(
    yaml: String, file: String, name: String, query: (String) -> String?
  ) throws(DashboardFileError) -> (position: Double, definition: DashboardDefinition) {
    let root = try DashboardNode.compose(yaml: yaml, file: file)
    let fields = try root.fields(
      of: "a dashboard", known: ["title", "position", "refresh", "filters", "cards"])
    let cards = try required("cards", of: "a dashboard", in: fields, at: root)
    var definitions: [CardDefinition] = []
    for node in try cards.elements(of: "cards") {
      let card = try card(node, query: query)
      guard !definitions.contains(where: { $0.id == card.id }) else {
        throw node.error(.badValue, "another card has the id '\(card.id)' already")
      }
      definitions.append(card)
    }
    guard !definitions.isEmpty else { throw cards.error(.badValue, "cards must not be empty") }
    let refresh = try fields["refresh"].map { node throws(DashboardFileError) in
      let seconds = try node.number("refresh")
      guard seconds >= 1 else { throw node.error(.badValue, "refresh must be at least 1 second") }
      return seconds
    }
    return (
      position: try fields["position"]?.number("position") ?? .infinity,
      definition: DashboardDefinition(
        name: name,
        title: try required("title", of: "a dashboard", in: fields, at: root).text("title"),
        cards: definitions,
        filters: try fields["filters"].map(filters) ?? [],
        refresh: refresh)
    )
  }

  // MARK: - Cards

  private static func card(
    _ node: DashboardNode, query: (String) -> String?
  ) throws(DashboardFileError) -> CardDefinition {
    let fields = try node.fields(
      of: "a card",
      known: ["id", "title", "sql", "chart", "roles", "formats", "thresholds", "goal", "drill"])
    let id = try required("id", of: "a card", in: fields, at: node)
    let chartNode = try required("chart", of: "a card", in: fields, at: node)
    let chart = try chartNode.choice("chart", ChartKind.self)
    return CardDefinition(
      id: try identifier(id, "id"),
      title: try required("title", of: "a card", in: fields, at: node).text("title"),
      sql: try queryText(required("sql", of: "a card", in: fields, at: node), query: query),
      chart: chart,
      roles: try roles(fields["roles"], of: chart, at: chartNode),
      formats: try fields["formats"].map(formats) ?? [:],
      thresholds: try fields["thresholds"].map(thresholds) ?? [],
      drill: try fields["drill"].map { node throws(DashboardFileError) in try drill(node, query: query) },
      goal: try fields["goal"]?.number("goal"))
  }

  private static func queryText(
    _ node: DashboardNode, query: (String) -> String?
  ) throws(DashboardFileError) -> String {
    let path = try node.text("sql")
    guard path.hasSuffix(".sql"), !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
      throw node.error(.badValue, "sql must name an .sql file inside the folder of the dashboards")
    }
    guard let text = query(path) else { throw node.error(.missingQuery, "'\(path)' cannot be read") }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw node.error(.missingQuery, "'\(path)' holds no query")
    }
    return text
  }

  private static func roles(
    _ node: DashboardNode?, of chart: ChartKind, at chartNode: DashboardNode
  ) throws(DashboardFileError) -> [String: String] {
    let known = chart.requiredRoles + chart.optionalRoles
    var roles: [String: String] = [:]
    if let node {
      let fields = try node.fields(of: "roles of '\(chart.rawValue)'", known: known)
      for (role, column) in fields { roles[role] = try column.text(role) }
    }
    for role in chart.requiredRoles where roles[role] == nil {
      throw (node ?? chartNode).error(
        .missingKey, "chart '\(chart.rawValue)' needs the role '\(role)': the column it reads")
    }
    if chart == .line, roles["x"] == nil, roles["label"] == nil {
      throw (node ?? chartNode).error(.missingKey, "chart 'line' needs the role 'x' or 'label'")
    }
    return roles
  }

  private static func formats(_ node: DashboardNode) throws(DashboardFileError) -> [String: ValueFormat] {
    var formats: [String: ValueFormat] = [:]
    for (column, format) in try node.pairs(of: "formats") {
      formats[try column.text("a column")] = try format.choice("a format", ValueFormat.self)
    }
    return formats
  }

  private static func thresholds(_ node: DashboardNode) throws(DashboardFileError) -> [Threshold] {
    var thresholds: [Threshold] = []
    for element in try node.elements(of: "thresholds") {
      let fields = try element.fields(of: "a threshold", known: ["from", "tone"])
      let from = try required("from", of: "a threshold", in: fields, at: element)
      let bound = try from.number("from")
      if let last = thresholds.last, bound <= last.from {
        throw from.error(.badValue, "thresholds must ascend: \(bound) does not follow \(last.from)")
      }
      let tone = try required("tone", of: "a threshold", in: fields, at: element)
      thresholds.append(Threshold(from: bound, tone: try tone.choice("tone", Threshold.Tone.self)))
    }
    return thresholds
  }

  private static func drill(
    _ node: DashboardNode, query: (String) -> String?
  ) throws(DashboardFileError) -> Drill {
    let fields = try node.fields(of: "drill", known: ["customer", "customers", "sql"])
    switch (fields["customer"], fields["customers"], fields["sql"]) {
    case (let column?, nil, nil):
      return .customer(column: try column.text("customer"))
    case (nil, nil, let file?):
      return .query(sql: try queryText(file, query: query))
    case (nil, let filters?, nil):
      let pairs = try filters.pairs(of: "customers")
      guard !pairs.isEmpty else { throw filters.error(.badValue, "customers must name a field") }
      return .customers(
        try pairs.map { (field, value) throws(DashboardFileError) in try drillFilter(field, value) })
    default:
      throw node.error(.badValue, "drill must have one of 'customer', 'customers' and 'sql'")
    }
  }

  /// A column the customer list can be filtered by.
  private static func listField(_ node: DashboardNode) throws(DashboardFileError) -> String {
    let name = try node.text("a field")
    let known = CustomerListFields.filterable.map(\.name)
    guard known.contains(name) else {
      throw node.error(.badValue, "the customer list has no field '\(name)'; it has \(quotedList(known))")
    }
    return name
  }

  private static func drillFilter(
    _ field: DashboardNode, _ value: DashboardNode
  ) throws(DashboardFileError) -> DrillFilter {
    let name = try listField(field)
    guard case .mapping = value.node else {
      return DrillFilter(field: name, column: try value.text("the column for '\(name)'"))
    }
    let parts = try value.fields(of: "the filter on '\(name)'", known: ["column", "comparison"])
    let comparison = try parts["comparison"]?.choice("comparison", CustomerListFilter.Comparison.self)
    return DrillFilter(
      field: name,
      column: try required("column", of: "the filter on '\(name)'", in: parts, at: value).text("column"),
      comparison: comparison ?? .equals)
  }

  // MARK: - Filters

  private static func filters(_ node: DashboardNode) throws(DashboardFileError) -> [LinkedFilter] {
    var filters: [LinkedFilter] = []
    for element in try node.elements(of: "filters") {
      let fields = try element.fields(
        of: "a filter", known: ["name", "title", "options", "field", "comparison"])
      let nameNode = try required("name", of: "a filter", in: fields, at: element)
      let name = try identifier(nameNode, "name")
      guard !filters.contains(where: { $0.name == name }) else {
        throw nameNode.error(.badValue, "another filter has the name '\(name)' already")
      }
      let options = try fields["options"]?.elements(of: "options")
      let field = try fields["field"].map { node throws(DashboardFileError) in try listField(node) }
      filters.append(
        LinkedFilter(
          name: name,
          title: try required("title", of: "a filter", in: fields, at: element).text("title"),
          options: try (options ?? []).map { option throws(DashboardFileError) in
            try option.text("an option")
          },
          field: field,
          comparison: try fields["comparison"]?.choice("comparison", CustomerListFilter.Comparison.self)
            ?? .equals))
    }
    return filters
  }

  // MARK: - Common

  private static func required(
    _ key: String, of what: String, in fields: [String: DashboardNode], at node: DashboardNode
  ) throws(DashboardFileError) -> DashboardNode {
    guard let field = fields[key] else { throw node.error(.missingKey, "\(what) needs '\(key)'") }
    return field
  }

  /// A name that can be typed on a command line and stand behind a colon in a query.
  private static func identifier(_ node: DashboardNode, _ what: String) throws(DashboardFileError) -> String {
    let text = try node.text(what)
    let isIdentifier = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isIdentifier else {
      throw node.error(.badValue, "\(what) may hold lower-case letters, digits and '_' alone")
    }
    return text
  }

  private static func text(ofFile path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return String(validating: data, as: UTF8.self)
  }
}

extension ChartKind {
  /// The roles a card of this kind must give a column to.
  var requiredRoles: [String] {
    switch self {
    case .bars, .columns, .gauges: ["label", "value"]
    case .stackedBars: ["label", "part", "value"]
    case .heatmap: ["row", "column", "value"]
    case .sparkline, .line, .histogram: ["value"]
    case .table, .figures: []
    }
  }

  /// The roles it may give one to. `tone` is the column the thresholds colour by.
  var optionalRoles: [String] {
    switch self {
    case .sparkline: ["label", "tone"]
    case .line: ["x", "label", "tone"]
    default: ["tone"]
    }
  }
}
