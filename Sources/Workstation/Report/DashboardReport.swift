import Pipeline

/// A dashboard as a page of its own: the cards' charts as pictures within it, their rows, and where they come from. It
/// has no scripts and asks for nothing from elsewhere.
/// - Parameters:
///   - filters: values of the linked filters in force, by name.
///   - now: seconds since 1970.
public func dashboardReport(
  _ content: DashboardContent, filters: [String: String] = [:], text: ValueText = ValueText(), now: Double
) -> String {
  var page = HTMLPage.head(title: content.definition.title + " · RiskDeck")
  page += "<main>\n<h1>\(htmlText(content.definition.title))</h1>\n"
  page += "<p class=\"about\">\(htmlText(provenance(content.publication, now: now)))</p>\n"
  if !filters.isEmpty {
    let words = filters.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
    page += "<p class=\"about\">Only \(htmlText(words.joined(separator: ", ")))</p>\n"
  }
  page += "<div class=\"cards\">\n"
  for card in content.cards { page += reportCard(card, text) }
  return page + "</div>\n</main>\n" + HTMLPage.foot
}

private func provenance(_ publication: Publication?, now: Double) -> String {
  func moment(_ seconds: Double) -> String {
    // A page travels: its times are those of no one zone but UTC.
    ValueText().text(.number(seconds), as: .plain, kind: .timestamp) + " UTC"
  }
  let made = "This page was made \(moment(now))."
  guard let publication else { return "Nothing was published yet. " + made }
  var line =
    "Data of run \(publication.runID), source \(publication.source), published \(moment(publication.publishedAt))."
  if publication.hasSyntheticTimes { line += " Times are synthetic." }
  if !publication.isMasked { line += " Personal data are not masked." }
  return line + " " + made
}

private func reportCard(_ content: CardContent, _ text: ValueText) -> String {
  let card = content.card
  let heading = "<h2>\(htmlText(card.title))</h2>\n"
  guard case .success(let table) = content.result else {
    guard case .failure(let failure) = content.result else { return "" }
    return
      "<section class=\"card\">\n\(heading)<p class=\"none\">\(htmlText(failure.message))</p>\n</section>\n"
  }
  guard !table.rows.isEmpty else {
    return "<section class=\"card\">\n\(heading)<p class=\"none\">no rows</p>\n</section>\n"
  }
  let rows = reportRows(card, table, text)
  if card.chart == .figures {
    return "<section class=\"card wide\">\n\(heading)\(reportFigures(card, table, text))</section>\n"
  }
  guard let chart = ReportChart(card, Grid(table: table), text)?.svg else {
    return "<section class=\"card wide long\">\n\(heading)\(rows)</section>\n"
  }
  return
    "<section class=\"card\">\n\(heading)\(chart)<details>\n<summary>The numbers</summary>\n\(rows)</details>\n"
    + "</section>\n"
}

private func reportFigures(_ card: CardDefinition, _ table: ValueTable, _ text: ValueText) -> String {
  guard let row = table.rows.first else { return "" }
  let items = zip(card.columns(of: table), row).map { column, value -> String in
    let shown = text.text(value, as: column.format, kind: column.kind)
    return "<li><span>\(htmlText(column.title))</span> <strong>\(htmlText(shown))</strong></li>\n"
  }
  return "<ul class=\"figures\">\n\(items.joined())</ul>\n"
}

/// All rows of a card, written as the screen writes them.
private func reportRows(_ card: CardDefinition, _ table: ValueTable, _ text: ValueText) -> String {
  let columns = card.columns(of: table)
  var output = ""
  HTMLPage.beginTable(
    columns.map { ($0.title, $0.alignment == .right) }, caption: card.title, to: &output)
  for row in table.rows {
    output += "<tr>"
    for (column, value) in zip(columns, row) {
      let shown = value == .null ? nil : text.text(value, as: column.format, kind: column.kind)
      HTMLPage.cell(
        shown, isNumber: column.alignment == .right, tone: column.role(of: value).reportClass, to: &output)
    }
    output += "</tr>\n"
  }
  HTMLPage.endTable(to: &output)
  return output
}

extension CardDefinition {
  /// The columns of the card's rows with their formats and colours.
  func columns(of table: ValueTable) -> [Column] {
    let toned = roles["tone"] ?? roles["value"]
    return table.columns.map { column in
      Column(
        name: column.name, kind: column.kind, format: formats[column.name],
        thresholds: column.name == toned ? thresholds : [])
    }
  }
}

extension Role {
  /// The class of the page's style sheet that stands for the role; empty: none.
  var reportClass: String {
    switch self {
    case .good: "good"
    case .neutral: "neutral"
    case .warning: "warning"
    case .danger: "danger"
    default: ""
    }
  }
}
