import Pipeline

extension Painter {
  /// Draws a card's rows as its chart; as a table where the rows do not have the columns the chart needs.
  mutating func chart(_ card: CardDefinition, _ grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    switch card.chart {
    case .figures:
      figures(grid, card: card, in: area)
      return
    case .heatmap:
      guard let data = HeatMapData(grid, card: card, text: text) else { break }
      heatMap(data, grid: grid, in: area, panel: panel, isFocused: isFocused)
      return
    case .bars:
      guard let data = ChartData(grid, card: card, text: text) else { break }
      bars(data, grid: grid, in: area, panel: panel, isFocused: isFocused)
      return
    case .columns:
      guard let data = ChartData(grid, card: card, text: text) else { break }
      columns(data, grid: grid, in: area, panel: panel, isFocused: isFocused)
      return
    case .stackedBars:
      guard let data = HeatMapData(grid, card: card, text: text, rows: "label", columns: "part") else {
        break
      }
      stackedBars(data, grid: grid, in: area, panel: panel, isFocused: isFocused)
      return
    case .gauges:
      guard let data = ChartData(grid, card: card, text: text) else { break }
      gauges(data, selected: grid.selected, top: grid.top, in: area, panel: panel, isFocused: isFocused)
      return
    case .line:
      guard let data = ChartData(grid, card: card, text: text) else { break }
      lineChart(LineData(data), selected: grid.selected, in: area, panel: panel, isFocused: isFocused)
      return
    case .sparkline:
      guard let data = ChartData(grid, card: card, text: text) else { break }
      sparkline(data, in: area)
      return
    case .histogram:
      guard let data = ChartData(grid, card: card, text: text) else { break }
      histogram(data, in: area, panel: panel)
      return
    case .table: break
    }
    self.grid(grid, in: area, panel: panel, isFocused: isFocused)
  }
}
