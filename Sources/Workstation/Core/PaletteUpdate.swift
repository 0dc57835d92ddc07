import Pipeline

/// The command line that finds anything.
extension State {
  mutating func press(_ key: Key, in palette: CommandPalette, _ turn: inout Turn) {
    var palette = palette
    switch key {
    case .escape, .control("c"), .control("g"): overlay = nil
    case .enter: choose(palette, &turn)
    case .up, .control("p"), .backTab:
      palette.move(by: -1)
      overlay = .palette(palette)
    case .down, .control("n"), .tab:
      palette.move(by: 1)
      overlay = .palette(palette)
    case .pageUp, .pageDown:
      palette.move(by: key == .pageUp ? -10 : 10)
      overlay = .palette(palette)
    default:
      guard palette.editor.handle(key) else { return }
      palette.find(in: paletteEntries())
      seekCustomers(&palette, &turn)
      overlay = .palette(palette)
    }
  }

  mutating func choose(_ palette: CommandPalette, _ turn: inout Turn) {
    guard palette.found.indices.contains(palette.selected) else { return }
    let entry = palette.found[palette.selected]
    overlay = nil
    switch entry.target {
    case .action(let action): perform(action, &turn)
    case .place(let place): show(place, &turn)
    case .theme(let name):
      themeName = name
      setTheme(setup.themes.first { $0.name == name })
      turn.ask(.savePreferences(preferences))
    case .customers(let name):
      let filter = CustomerListFilter(field: "full_name", comparison: .contains, value: .text(name))
      turn.moves.append(.open(CustomersScreen(drillFilters: [filter], origin: nil)))
    case .row(let row): perform(.top, count: row, &turn)
    }
  }

  /// Everything the palette finds, the screens first.
  func paletteEntries() -> [CommandPalette.Entry] {
    var entries = tabs.enumerated().map { index, tab in
      CommandPalette.Entry(
        title: tab.title, detail: "screen", keys: index < 9 ? String(index + 1) : "",
        target: .place(tab.place))
    }
    let hidden: Set<Action> = [.palette, .count, .up, .down, .left, .right, .pageUp, .pageDown]
    entries += setup.keymap.bindings.filter { binding in
      binding.action.screenIndex == nil && !hidden.contains(binding.action)
        && !binding.contexts.isDisjoint(with: screen.contexts)
    }.map { binding in
      CommandPalette.Entry(
        title: setup.text.language(binding.summary), detail: reasonDisabled(binding.action) ?? "",
        keys: binding.keyNames,
        target: .action(binding.action))
    }
    entries += setup.savedQueries.map {
      CommandPalette.Entry(
        title: $0.title == $0.name ? $0.name : "\($0.name): \($0.title)", detail: "saved query", keys: "",
        target: .place(.savedQuery($0.name)))
    }
    entries += modelNames.map {
      CommandPalette.Entry(title: $0, detail: "model", keys: "", target: .place(.model($0)))
    }
    entries += setup.themes.map {
      CommandPalette.Entry(title: "Theme \($0.title)", detail: "theme", keys: "", target: .theme($0.name))
    }
    if let customers = screen as? CustomersScreen {
      entries += (0..<customers.grid.count).compactMap { position in
        guard case .integer(let id)? = customers.grid.value(position, "customer_id"),
          case .text(let name)? = customers.grid.value(position, "full_name")
        else { return nil }
        return CommandPalette.Entry(
          title: name, detail: "customer \(id)", keys: "", target: .place(.customer(id)))
      }
    }
    return entries
  }

  // MARK: Customers

  /// Asks the server for customers while one types. One question at a time: the next goes out when the answer to the last
  /// came, so that a fast typist and a slow line ask for little.
  mutating func seekCustomers(_ palette: inout CommandPalette, _ turn: inout Turn) {
    let text = palette.editor.text.trimmed
    guard palette.search == nil, text != palette.searched, text.count >= 2 || Int64(text) != nil else {
      return
    }
    palette.searched = text
    palette.search = turn.request { .findCustomers(text, request: $0) }
  }

  /// Shows the customers that were found and asks anew where more was typed meanwhile.
  mutating func showFound(_ answer: Answer, in shown: CommandPalette, _ turn: inout Turn) {
    var palette = shown
    palette.search = nil
    // A failure to find is told by finding nothing: what was typed may be no customer at all.
    palette.customers = if case .matches(let matches) = answer { matches } else { [] }
    let selected = palette.selected
    palette.find(in: paletteEntries())
    palette.selected = max(0, min(selected, palette.found.count - 1))
    seekCustomers(&palette, &turn)
    overlay = .palette(palette)
  }
}
