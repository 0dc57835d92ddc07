import Pipeline

extension Painter {
  /// Draws a card's rows as its chart; as a table where the rows do not have the columns the chart needs.
  mutating func chart(_ card: CardDefinition, _ grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    switch card.chart {
    case .figures: figures(grid, card: card, in: area)
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
    case .table, .stackedBars, .sparkline, .line, .histogram, .gauges: break
    }
    if card.chart != .figures { self.grid(grid, in: area, panel: panel, isFocused: isFocused) }
  }
}
