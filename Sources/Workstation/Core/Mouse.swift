import Pipeline

/// Clicks and the wheel.
extension State {
  mutating func click(_ mouse: MouseEvent, _ turn: inout Turn) {
    guard isMouseOn else { return }
    switch mouse.action {
    case .wheelUp, .wheelDown:
      let step = mouse.action == .wheelUp ? -3 : 3
      if overlay != nil { scrollOverlay(by: step) } else { perform(step < 0 ? .up : .down, count: 3, &turn) }
    case .press(.left):
      notice = nil
      let targets = render(self, size).targets
      guard let hit = targets.last(where: { $0.rect.contains(mouse.position) })?.part else {
        return
      }
      clicked(hit, &turn)
    case .press, .release, .drag: return
    }
  }

  private mutating func clicked(_ hit: HitTarget.Part, _ turn: inout Turn) {
    if overlay != nil {
      if case .item(let item) = hit { chooseInOverlay(item, &turn) }
      return
    }
    switch hit {
    case .tab(let tab): if tabs.indices.contains(tab) { show(tabs[tab].place, &turn) }
    case .row(let panel, let position):
      let isSelectedAlready = isSelected(panel: panel, position: position)
      screen.select(hit)
      // A second click opens.
      if isSelectedAlready { perform(.open, &turn) }
    case .panel: screen.select(hit)
    case .item: return
    }
  }

  private func isSelected(panel: Int, position: Int) -> Bool {
    if let customers = screen as? CustomersScreen { return customers.grid.selected == position }
    guard let panels = (screen as? any PanelScreen)?.deck else { return false }
    return panels.focus == panel && panels.focused?.grid.selected == position
  }
}
