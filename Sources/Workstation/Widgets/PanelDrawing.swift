extension PanelScreen {
  func notes(of panel: Int, _ painter: Painter) -> [String] { [] }

  func noteRole(of panel: Int) -> Role { .muted }

  func scrolls(_ panel: Int) -> Bool { true }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    let grid = deck.panels[panel].grid
    guard grid.isEmpty else { return nil }
    return (grid.filter == nil ? "none" : "no row passes the filter", .muted)
  }

  func drawContent(of panel: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool { false }

  /// Draws the panels that have a place: box, notes, content.
  func drawPanels(on painter: inout Painter, in area: Rect) {
    let places = layout(in: area)
    let isPartial = places.contains { $0 == nil }
    for (index, place) in places.enumerated() where deck.panels.indices.contains(index) {
      guard let place else { continue }
      let grid = deck.panels[index].grid
      let isFocused = index == deck.focus
      var notes = notes(of: index, painter)
      if let filter = grid.filter { notes.append("filter \(filter.text)") }
      if scrolls(index), grid.count > grid.page { notes.append("\(grid.selected + 1) of \(grid.count)") }
      notes = notes.map { painter.language($0) }
      if isPartial { notes.append("\(index + 1)/\(places.count)") }
      painter.target(place, .panel(index))
      let inner = painter.box(
        place, title: deck.panels[index].title, note: notes.joined(separator: "  "), isFocused: isFocused,
        noteRole: noteRole(of: index))
      if let reason = emptyReason(of: index) {
        painter.emptyNote(reason.text, in: inner, reason.role)
        continue
      }
      if !drawContent(of: index, on: &painter, in: inner, isFocused: isFocused) {
        painter.grid(grid, in: inner, panel: index, isFocused: isFocused)
      }
      if scrolls(index) { painter.scrollMark(place, total: grid.count, top: grid.top, page: grid.page) }
    }
  }

  /// A box that says why there is nothing to show.
  func drawEmpty(_ reason: String, _ role: Role = .muted, on painter: inout Painter, in area: Rect) {
    let box = painter.box(area, title: title)
    painter.emptyNote(reason, in: box, role)
  }
}

extension PanelScreen where Self: LoadingScreen {
  /// Draws the panels once there is something to show; before that what failed, or what is being read.
  func drawPanels(on painter: inout Painter, in area: Rect, before reading: String) {
    if hasData {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else {
      drawEmpty(reading, on: &painter, in: area)
    }
  }
}
