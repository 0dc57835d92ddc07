/// A dashboard as `queries/dashboards/NAME.yml` describes it. See docs/dashboards.md for the format.
public struct DashboardDefinition: Sendable, Hashable {
  /// The file's name without its extension; how commands and drills name the dashboard.
  public let name: String
  public let title: String
  public let cards: [CardDefinition]
  /// The filters that apply to every card whose query names them, sent as binds.
  public let filters: [LinkedFilter]
  /// Seconds between automatic reloads; nil: only after a run and on request.
  public let refresh: Double?

  public init(
    name: String, title: String, cards: [CardDefinition], filters: [LinkedFilter] = [],
    refresh: Double? = nil
  ) {
    self.name = name
    self.title = title
    self.cards = cards
    self.filters = filters
    self.refresh = refresh
  }
}

/// A filter over a whole dashboard, such as the segment or the level.
public struct LinkedFilter: Sendable, Hashable {
  /// How queries name the bind, e.g. `segment`.
  public let name: String
  public let title: String
  /// The values to choose from; empty: any text.
  public let options: [String]
  /// The column of the customer list that a drill narrows by this filter, and how; nil: none.
  public let field: String?
  public let comparison: CustomerListFilter.Comparison

  public init(
    name: String, title: String, options: [String], field: String? = nil,
    comparison: CustomerListFilter.Comparison = .equals
  ) {
    self.name = name
    self.title = title
    self.options = options
    self.field = field
    self.comparison = comparison
  }

  /// The condition on the customer list for a value of this filter; nil: it has no field.
  public func condition(_ value: String) -> CustomerListFilter? {
    guard let field else { return nil }
    let number = Int64(value).map { Value.integer($0) }
    return CustomerListFilter(field: field, comparison: comparison, value: number ?? .text(value))
  }
}

/// How a card paints its rows.
public enum ChartKind: String, Sendable, Hashable, CaseIterable {
  /// Horizontal bars: `label` column against `value` column.
  case bars
  /// Vertical bars, for distributions over an ordered axis.
  case columns
  /// The rows as they are.
  case table
  /// One row whose columns are figures with a caption each.
  case figures
  /// `row` column x `column` column, coloured by `value`.
  case heatmap
  /// Horizontal bars cut into parts: `label` column, part names in `part`, lengths in `value`.
  case stackedBars
  /// One line of small columns over an ordered axis, with the last value.
  case sparkline
  /// A line with axes: `x` (or `label`) against `value`.
  case line
  /// How often values fall into equal ranges; `value` is the raw figure of each row.
  case histogram
  /// Scores of 0 to 1, one gauge a row: `label` against `value`.
  case gauges
}

/// How a number or text is written. `percent` takes a share: 0.25 is written 25.0%.
public enum ValueFormat: String, Sendable, Hashable, CaseIterable {
  case plain, integer, decimal, percent, currency, compact, score, date
}

/// A bound for a conditional colour: values at or above `from` (and below the next threshold's) take `tone`.
public struct Threshold: Sendable, Hashable {
  public enum Tone: String, Sendable, Hashable, CaseIterable {
    case good, neutral, warning, danger
  }
  public let from: Double
  public let tone: Tone

  public init(from: Double, tone: Tone) {
    self.from = from
    self.tone = tone
  }
}

/// What Enter on a row of a card opens.
public enum Drill: Sendable, Hashable {
  /// The customer whose id stands in that column.
  case customer(column: String)
  /// The customer list, filtered: each pair is a column of the customer list and the card column whose value it must equal.
  case customers([DrillFilter])
  /// The rows of a query that takes the selected row's columns and the linked filters as binds.
  case query(sql: String)
}

/// One condition of a drill: `field` of the customer list compared with the selected row's value in `column`.
public struct DrillFilter: Sendable, Hashable {
  public let field: String
  public let column: String
  public let comparison: CustomerListFilter.Comparison

  public init(field: String, column: String, comparison: CustomerListFilter.Comparison = .equals) {
    self.field = field
    self.column = column
    self.comparison = comparison
  }
}

/// One question of a dashboard with its answer's shape.
public struct CardDefinition: Sendable, Hashable {
  /// Unique within the dashboard.
  public let id: String
  public let title: String
  /// The query's text, from the card's `.sql` file.
  public let sql: String
  public let chart: ChartKind
  /// Column names the chart reads; `label`/`value` for bars, `row`/`column`/`value` for a heat map.
  public let roles: [String: String]
  /// Format by column name.
  public let formats: [String: ValueFormat]
  /// Column by which the thresholds below colour; nil: the chart's value column.
  public let thresholds: [Threshold]
  public let drill: Drill?
  /// A line the chart draws across its bars; in the value column's unit.
  public let goal: Double?

  public init(
    id: String, title: String, sql: String, chart: ChartKind, roles: [String: String],
    formats: [String: ValueFormat], thresholds: [Threshold], drill: Drill?, goal: Double? = nil
  ) {
    self.id = id
    self.title = title
    self.sql = sql
    self.chart = chart
    self.roles = roles
    self.formats = formats
    self.thresholds = thresholds
    self.drill = drill
    self.goal = goal
  }
}

/// A card with its rows, or with the reason why there are none.
public struct CardContent: Sendable, Hashable {
  public let card: CardDefinition
  public let result: Result<ValueTable, CardFailure>

  public init(card: CardDefinition, result: Result<ValueTable, CardFailure>) {
    self.card = card
    self.result = result
  }
}

/// Why a card has no rows: one line for people.
public struct CardFailure: Error, Sendable, Hashable {
  public let message: String

  public init(message: String) {
    self.message = message
  }
}

/// A whole dashboard's answer; all cards come from one published run.
public struct DashboardContent: Sendable, Hashable {
  public let definition: DashboardDefinition
  public let cards: [CardContent]
  /// The run whose data the cards show; nil where nothing was published yet.
  public let publication: Publication?

  public init(definition: DashboardDefinition, cards: [CardContent], publication: Publication?) {
    self.definition = definition
    self.cards = cards
    self.publication = publication
  }
}

/// Which data readers see.
public struct Publication: Sendable, Hashable {
  public let runID: Int64
  /// Seconds since 1970, UTC.
  public let publishedAt: Double
  public let source: String
  /// True where the source has no order times and a timeline was made up.
  public let hasSyntheticTimes: Bool
  /// True where personal data were masked before they were stored.
  public let isMasked: Bool

  public init(
    runID: Int64, publishedAt: Double, source: String, hasSyntheticTimes: Bool, isMasked: Bool
  ) {
    self.runID = runID
    self.publishedAt = publishedAt
    self.source = source
    self.hasSyntheticTimes = hasSyntheticTimes
    self.isMasked = isMasked
  }
}
