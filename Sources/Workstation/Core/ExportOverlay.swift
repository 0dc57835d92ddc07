import Pipeline

/// Rows that are to leave the program as a file.
public struct ExportOrder: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    /// The rows as shown.
    case table(ValueTable)
    /// All customers of the request's filters and order, not its page alone.
    case customers(CustomerListRequest)
    /// All cards of a dashboard, with the values of its linked filters.
    case dashboard(String, filters: [String: String])
    /// All rows of a query, not those read so far alone.
    case query(String, parameters: [String: String])
  }

  /// A short name for the file.
  public let name: String
  /// What the rows are, for people.
  public let title: String
  public let content: Content
  public let format: ExportFormat

  public init(name: String, title: String, content: Content, format: ExportFormat) {
    self.name = name
    self.title = title
    self.content = content
    self.format = format
  }
}

extension State {
  /// Asks for the format of an export.
  mutating func openExport() {
    var items = ExportFormat.allCases.map { Picker.Item(name: $0.rawValue, title: $0.title) }
    if screen is DashboardScreen {
      items += ExportFormat.allCases.reversed().map {
        Picker.Item(name: Self.wholeDashboard + $0.rawValue, title: "Whole dashboard, " + Self.wholeTitle($0))
      }
    }
    overlay = .picker(Picker(kind: .export, title: "Export as", items: items, selected: 0))
  }

  private static let wholeDashboard = "dashboard/"

  private static func wholeTitle(_ format: ExportFormat) -> String {
    switch format {
    case .html: "HTML with charts"
    case .csv: "a CSV file for each card"
    case .json, .ndjson, .markdown: format.title
    }
  }

  /// What the chosen item of the list stands for; nil: there is nothing to export.
  func exportOrder(_ item: String) -> ExportOrder? {
    let isWhole = item.hasPrefix(Self.wholeDashboard)
    let word = isWhole ? String(item.dropFirst(Self.wholeDashboard.count)) : item
    guard let shown = screen as? any Screen & Exportable, let format = ExportFormat(rawValue: word) else {
      return nil
    }
    if isWhole, let dashboard = screen as? DashboardScreen {
      return ExportOrder(
        name: dashboard.name, title: dashboard.title,
        content: .dashboard(dashboard.name, filters: dashboard.filters), format: format)
    }
    return ExportOrder(
      name: shown.exportName, title: shown.exportTitle, content: shown.exportContent, format: format)
  }
}

extension Exportable where Self: Screen {
  var exportTitle: String { title }
  var exportContent: ExportOrder.Content { .table(exportTable) }
}

extension PanelScreen {
  var exportTitle: String {
    let part = deck.focused?.title ?? title
    return part == title ? title : "\(title): \(part)"
  }
}
