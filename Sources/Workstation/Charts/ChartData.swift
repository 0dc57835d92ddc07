import Pipeline

/// The rows of a grid as a chart reads them: a label and a number each, in the order shown.
struct ChartData: Sendable {
  struct Point: Sendable {
    let label: String
    /// The label as the data have it, where it is shown in another language.
    var word: String?
    /// Nil: NULL or no number.
    let value: Double?
    /// What the thresholds look at; the value itself where no column is named for it.
    var toneValue: Double?
    /// The last reload changed the value.
    var isChanged = false
  }

  let points: [Point]
  let valueFormat: ValueFormat
  let thresholds: [Threshold]
  let goal: Double?

  init(
    points: [Point], valueFormat: ValueFormat, thresholds: [Threshold] = [], goal: Double? = nil
  ) {
    self.points = points
    self.valueFormat = valueFormat
    self.thresholds = thresholds
    self.goal = goal
  }

  /// Reads a card's rows by the roles it names; where it names none, the first text and the first number.
  init?(_ grid: Grid, card: CardDefinition, text: ValueText) {
    guard let value = Self.column(card, "value", in: grid.table, isNumber: true) else { return nil }
    let label =
      Self.column(card, "label", in: grid.table, isNumber: false)
      ?? Self.column(card, "x", in: grid.table, isNumber: false) ?? 0
    let labelColumn = grid.table.columns[label]
    let labelFormat = card.formats[labelColumn.name] ?? .plain
    let tone = Self.column(card, "tone", in: grid.table, isNumber: nil) ?? value
    points = grid.order.enumerated().map { position, row in
      let cells = grid.table.rows[row]
      return Point(
        label: text.text(
          cells[label], of: Column(name: labelColumn.name, kind: labelColumn.kind, format: labelFormat)),
        word: cells[label].searchText, value: cells[value].number,
        toneValue: cells[tone].number,
        isChanged: grid.isChanged(position, grid.table.columns[value].name))
    }
    valueFormat = Self.format(card, grid.table.columns[value].name)
    thresholds = card.thresholds.sorted { $0.from < $1.from }
    goal = card.goal
  }

  /// The index of the column that plays a role.
  static func column(_ card: CardDefinition, _ role: String, in table: ValueTable, isNumber: Bool?) -> Int? {
    if let name = card.roles[role] { return table.columnIndex(name) }
    guard let isNumber else { return nil }
    return table.columns.firstIndex { ($0.kind == .number) == isNumber }
  }

  static func format(_ card: CardDefinition, _ column: String) -> ValueFormat {
    card.formats[column] ?? .compact
  }

  /// The number as a chart writes it; scores that are all small with more places, so that they can be told apart.
  func number(_ value: Double, _ text: ValueText) -> String {
    if valueFormat == .score, highest > 0, highest < 0.1 { return decimalText(value, places: 4) }
    return text.number(value, as: valueFormat)
  }

  /// The numbers there are; NaN and infinity have no length.
  var values: [Double] { points.compactMap(\.value).filter(\.isFinite) }
  var highest: Double { max(values.max() ?? 0, goal ?? 0, 0) }
  var total: Double { values.reduce(0, +) }

  /// Shares of the total say something where all numbers are parts of one whole.
  var hasShares: Bool {
    switch valueFormat {
    case .integer, .compact, .currency, .plain: points.count > 1 && total > 0 && values.allSatisfy { $0 >= 0 }
    case .decimal, .percent, .score, .date: false
    }
  }

  func tone(_ point: Point) -> Role? {
    if let value = point.toneValue ?? point.value, let tone = ToneRule.tone(of: value, in: thresholds) {
      return tone == .neutral ? .bar : ToneRule.role(tone)
    }
    return ToneRule.tone(ofWord: point.word ?? point.label).map(ToneRule.role)
  }
}
