import Pipeline

extension State {
  // MARK: Opening

  /// Opens the list, line or text an action asks for.
  mutating func openOverlay(_ action: Action) {
    switch action {
    case .help: overlay = .help(top: 0)
    case .palette:
      var palette = CommandPalette()
      palette.find(in: paletteEntries())
      overlay = .palette(palette)
    case .themes: openThemes()
    case .sort: openSort()
    case .columns: openColumns()
    case .search:
      overlay = .prompt(
        Prompt(kind: .search, editor: LineEditor((screen as? any Searchable)?.searchText ?? "")))
    case .filter:
      overlay = .prompt(
        Prompt(kind: .filter, editor: LineEditor((screen as? any Filterable)?.filterText ?? "")))
    case .linkedFilters where screen is CasesScreen:
      if let cases = screen as? CasesScreen { overlay = .form(CaseForms.filter(cases.filter)) }
    case .linkedFilters:
      let line = (screen as? DashboardScreen)?.linkedFilterText ?? ""
      overlay = .prompt(Prompt(kind: .linkedFilters, editor: LineEditor(line)))
    case .value:
      let cells = (screen as? any Exportable)?.selectedCells ?? []
      if let popup = Popup.of(cells, title: screen.title, text: setup.text) { overlay = .popup(popup) }
    default: return
    }
  }

  private mutating func openThemes() {
    let items = setup.themes.map { Picker.Item(name: $0.name, title: $0.title, isOn: $0.name == themeName) }
    let selected = items.firstIndex { $0.name == themeName } ?? 0
    overlay = .picker(Picker(kind: .theme, title: "Theme", items: items, selected: selected))
  }

  private mutating func openSort() {
    guard let sortable = screen as? any Sortable, let columns = (screen as? any HasColumns)?.columns else {
      return
    }
    let order = sortable.sortOrder
    let glyphs: Glyphs = setup.isASCII ? .ascii : .unicode
    let items = columns.map { column in
      let mark =
        order?.column == column.name
        ? (order?.isDescending == true ? glyphs.descending : glyphs.ascending) : ""
      return Picker.Item(name: column.name, title: column.spokenTitle, mark: mark)
    }
    let selected = items.firstIndex { $0.name == order?.column } ?? 0
    overlay = .picker(Picker(kind: .sort, title: "Sort by", items: items, selected: selected))
  }

  private mutating func openColumns() {
    guard let columns = (screen as? any HasColumns)?.columns else { return }
    let items = columns.map { Picker.Item(name: $0.name, title: $0.title, isOn: $0.isVisible) }
    overlay = .picker(
      Picker(kind: .columns, title: "Columns: space shows, J K moves", items: items, selected: 0))
  }

  // MARK: Keys

  mutating func pressInOverlay(_ key: Key, _ turn: inout Turn) {
    let action = setup.keymap.action(for: key, in: [.overlay])
    if action == .suspend || action == .redraw {
      perform(action ?? .redraw, &turn)
      return
    }
    switch overlay {
    case .prompt(let prompt): press(key, in: prompt, &turn)
    case .palette(let palette): press(key, in: palette, &turn)
    case .picker(let picker): press(key, action, in: picker, &turn)
    case .confirm(let confirmation): press(key, in: confirmation, &turn)
    case .form(let form): press(key, in: form, &turn)
    case .help, .popup:
      switch action {
      case .up: scrollOverlay(by: -1)
      case .down: scrollOverlay(by: 1)
      case .pageUp: scrollOverlay(by: -max(1, size.height - 6))
      case .pageDown: scrollOverlay(by: max(1, size.height - 6))
      case .top: scrollOverlay(by: -100_000)
      case .bottom: scrollOverlay(by: 100_000)
      case .back, .open: overlay = nil
      default:
        let screenAction = setup.keymap.action(for: key, in: screen.contexts)
        if screenAction == .help || screenAction == .value || screenAction == .quit { overlay = nil }
        if screenAction == .copy, case .popup(let popup) = overlay {
          turn.ask(.copy(printableLines(popup.lines.map(\.text).joined(separator: "\n"))))
          turn.say("copied")
        }
      }
    case nil: return
    }
  }

  /// Moves the text or list that lies over the screen.
  mutating func scrollOverlay(by rows: Int) {
    switch overlay {
    case .help(let top):
      let limit = max(0, helpLines(in: OverlayBox.textWidth(in: size)).count - OverlayBox.textRows(in: size))
      overlay = .help(top: max(0, min(limit, top + rows)))
    case .popup(var popup):
      let lines = popup.translated(setup.text.language).wrapped(to: OverlayBox.textWidth(in: size)).count
      popup.top = max(0, min(max(0, lines - OverlayBox.textRows(in: size)), popup.top + rows))
      overlay = .popup(popup)
    case .picker(var picker):
      picker.move(by: rows)
      overlay = .picker(picker)
      previewTheme(picker)
    case .palette(var palette):
      palette.move(by: rows)
      overlay = .palette(palette)
    case .prompt, .confirm, .form, nil: return
    }
  }

  /// A click on an item of the list that lies over the screen.
  mutating func chooseInOverlay(_ item: Int, _ turn: inout Turn) {
    switch overlay {
    case .picker(var picker) where picker.items.indices.contains(item):
      picker.selected = item
      overlay = .picker(picker)
      if picker.kind == .columns { toggleColumn(picker, &turn) } else { choose(picker, &turn) }
    case .form(var form) where form.fields.indices.contains(item):
      form.selected = item
      overlay = .form(form)
    case .palette(var palette) where palette.found.indices.contains(item):
      palette.selected = item
      choose(palette, &turn)
    default: return
    }
  }

  private mutating func press(_ key: Key, in prompt: Prompt, _ turn: inout Turn) {
    var prompt = prompt
    switch key {
    case .escape, .control("c"), .control("g"): overlay = nil
    case .enter: accept(prompt, &turn)
    default:
      guard prompt.editor.handle(key) else { return }
      prompt.error = nil
      overlay = .prompt(prompt)
      if prompt.kind == .search, var shown = screen as? any Screen & Searchable {
        // Matches are shown while one types.
        _ = shown.search(prompt.editor.text, shown: turn.text)
        screen = shown
      }
    }
  }

  private mutating func accept(_ prompt: Prompt, _ turn: inout Turn) {
    var prompt = prompt
    let line = prompt.editor.text
    do throws(FilterError) {
      switch prompt.kind {
      case .search:
        if var shown = screen as? any Screen & Searchable {
          let isFound = shown.search(line, shown: turn.text)
          screen = shown
          if !isFound, !line.isEmpty {
            let hint = screen is CustomersScreen ? "; f filters all customers" : ""
            turn.say("\(line) is not among the rows read\(hint)", .warning)
          }
        }
      case .filter:
        if var shown = screen as? any Screen & Filterable {
          try shown.filter(line, &turn)
          screen = shown
        }
      case .linkedFilters:
        if var dashboard = screen as? DashboardScreen {
          try dashboard.setLinkedFilters(line, &turn)
          screen = dashboard
        }
      }
      overlay = nil
    } catch {
      prompt.error = error.description
      overlay = .prompt(prompt)
    }
  }

  private mutating func press(_ key: Key, _ action: Action?, in picker: Picker, _ turn: inout Turn) {
    var picker = picker
    switch (key, action) {
    case (.character(" "), _) where picker.kind == .columns: toggleColumn(picker, &turn)
    case (.character("J"), _) where picker.kind == .columns: moveColumn(picker, by: 1, &turn)
    case (.character("K"), _) where picker.kind == .columns: moveColumn(picker, by: -1, &turn)
    case (_, .up): scrollOverlay(by: -1)
    case (_, .down): scrollOverlay(by: 1)
    case (_, .pageUp): scrollOverlay(by: -10)
    case (_, .pageDown): scrollOverlay(by: 10)
    case (_, .top): scrollOverlay(by: -picker.items.count)
    case (_, .bottom): scrollOverlay(by: picker.items.count)
    case (_, .open):
      if picker.kind == .columns { overlay = nil } else { choose(picker, &turn) }
    case (_, .back), (.character("q"), _), (.control("c"), _):
      overlay = nil
      if picker.kind == .theme { setTheme(setup.themes.first { $0.name == themeName }) }
    case (.character(let letter), _):
      // The first item that begins with the letter, from the selected one on.
      let count = picker.items.count
      let language = setup.text.language
      let next = (1...max(1, count)).map { (picker.selected + $0) % max(1, count) }.first { index in
        picker.items.indices.contains(index)
          && language.column(picker.items[index].title).lowercased().hasPrefix(letter.lowercased())
      }
      if let next { picker.selected = next }
      overlay = .picker(picker)
      previewTheme(picker)
    default: return
    }
  }

  private mutating func choose(_ picker: Picker, _ turn: inout Turn) {
    guard picker.items.indices.contains(picker.selected) else { return }
    let name = picker.items[picker.selected].name
    overlay = nil
    switch picker.kind {
    case .theme:
      themeName = name
      setTheme(setup.themes.first { $0.name == name })
      turn.ask(.savePreferences(preferences))
    case .sort:
      guard var shown = screen as? any Screen & Sortable & HasColumns,
        let column = shown.columns.first(where: { $0.name == name })
      else { return }
      // The same column again turns the order round; numbers begin with the largest.
      let isDescending =
        shown.sortOrder?.column == name ? !(shown.sortOrder?.isDescending ?? false) : column.kind != .text
      shown.sort(by: SortOrder(column: name, isDescending: isDescending), &turn)
      screen = shown
      rememberCustomers(&turn)
    case .export:
      guard let order = exportOrder(name) else { return }
      turn.ask(.export(order))
      turn.say("exporting \(order.title)")
    case .savedQuery:
      guard var query = screen as? QueryScreen else { return }
      query.take(savedQuery: name, &turn)
      screen = query
    case .chart:
      guard var query = screen as? QueryScreen, let kind = ChartKind(rawValue: name) else { return }
      query.take(chart: kind)
      screen = query
    case .columns: return
    }
  }

  private mutating func toggleColumn(_ picker: Picker, _ turn: inout Turn) {
    var picker = picker
    guard picker.items.indices.contains(picker.selected) else { return }
    let isLast = picker.items.filter(\.isOn).count == 1 && picker.items[picker.selected].isOn
    // A list without any column could not be seen.
    if isLast { return }
    picker.items[picker.selected].isOn.toggle()
    apply(picker, &turn)
  }

  private mutating func moveColumn(_ picker: Picker, by step: Int, _ turn: inout Turn) {
    var picker = picker
    let target = picker.selected + step
    guard picker.items.indices.contains(picker.selected), picker.items.indices.contains(target) else {
      return
    }
    picker.items.swapAt(picker.selected, target)
    picker.selected = target
    apply(picker, &turn)
  }

  private mutating func apply(_ picker: Picker, _ turn: inout Turn) {
    guard var shown = screen as? any Screen & HasColumns else { return }
    let columns = picker.items.compactMap { item -> Column? in
      guard var column = shown.columns.first(where: { $0.name == item.name }) else { return nil }
      column.isVisible = item.isOn
      return column
    }
    guard columns.count == shown.columns.count else { return }
    shown.setColumns(columns)
    screen = shown
    overlay = .picker(picker)
    rememberCustomers(&turn)
  }

  private mutating func previewTheme(_ picker: Picker) {
    guard picker.kind == .theme, picker.items.indices.contains(picker.selected) else { return }
    setTheme(setup.themes.first { $0.name == picker.items[picker.selected].name })
  }

  private mutating func press(_ key: Key, in confirmation: Confirmation, _ turn: inout Turn) {
    switch key {
    case .character("y"), .character("Y"):
      overlay = nil
      turn.ask(confirmation.effect)
      if case .startRun = confirmation.effect { turn.say("starting the run") }
    case .character("n"), .character("N"), .escape, .character("q"), .control("c"):
      overlay = nil
    default: return
    }
  }
}
