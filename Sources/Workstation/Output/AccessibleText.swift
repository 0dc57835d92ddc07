import Pipeline

/// The screen as lines of text in reading order: no boxes, no colours, nothing that moves. What `--accessible`
/// prints and a screen reader reads.
public func accessibleText(_ state: State) -> [String] {
  var lines = [state.screen.title]
  if let publication = state.publication {
    // The hour and not the age: what does not change is not read out again.
    let time = CivilTime(secondsSince1970: publication.publishedAt, zone: state.setup.text.zone)
    var line = "Data of run \(publication.runID), published \(time.date) \(time.clock) "
    line += "\(state.setup.text.zone.name), source \(publication.source)"
    if publication.hasSyntheticTimes { line += ", times are synthetic" }
    if !publication.isMasked { line += ", personal data are not masked" }
    lines.append(line)
  }
  let late = state.serviceLevels?.lateness(
    run: state.activeRun, publication: state.publication, now: state.now)
  lines += (late ?? []).map { "Late: \($0)" }
  if let problem = state.connectionProblem { lines.append("Not connected: \(problem)") }
  if case .unreachable(let reason) = state.replica {
    lines.append("No replica, the primary is read: \(reason)")
  }
  if let run = state.activeRun {
    lines.append("Run \(run.runID) is under way, \(run.tasksDone) of \(run.tasks.count) tasks done")
  }
  lines.append("")
  if let overlay = state.overlay {
    lines += overlayLines(overlay, state)
  } else {
    let content = state.screen.lines(state.setup.text)
    lines += content.first == state.screen.title ? Array(content.dropFirst()) : content
    if let selection = selectionLine(state) { lines += ["", selection] }
  }
  if state.isLoading { lines.append("Loading") }
  lines += state.guidance
  if let notice = state.notice { lines.append("Notice: \(notice.text)") }
  let printed = lines.map { printable(state.setup.text.language($0)) }
  return state.setup.isASCII ? printed.map(asciiText) : printed
}

/// More entries of the palette than this are not listened to.
private let spokenEntries = 12

/// Which row the keys act on.
private func selectionLine(_ state: State) -> String? {
  guard let cells = (state.screen as? any Exportable)?.selectedCells, !cells.isEmpty else { return nil }
  let text = state.setup.text
  let part = (state.screen as? any PanelScreen)?.deck.focused.map { "\(text.language($0.title)), " } ?? ""
  let words = cells.filter(\.column.isVisible).map { column, value in
    "\(text.language.column(column.spokenTitle)) \(text.text(value, of: column))"
  }
  return "Selected: \(part)\(words.joined(separator: ", "))"
}

private func overlayLines(_ overlay: Overlay, _ state: State) -> [String] {
  switch overlay {
  case .help:
    return ["Keys"]
      + state.helpLines().compactMap { line in
        if line.isHeading { return line.keys }
        guard !line.text.isEmpty else { return nil }
        return "\(line.keys): \(line.text)" + (line.reason.map { " (not now: \($0))" } ?? "")
      }
  case .palette(let palette):
    return ["Commands: \(palette.editor.text)"]
      + palette.found.prefix(spokenEntries).enumerated().map { index, entry in
        (index == palette.selected ? "Selected: " : "") + entry.title
          + (entry.keys.isEmpty ? "" : ", \(entry.keys)")
      }
      + (palette.found.count > spokenEntries ? ["\(palette.found.count - spokenEntries) more; type on"] : [])
  case .prompt(let prompt):
    return ["\(prompt.caption)\(prompt.editor.text)"] + (prompt.error.map { ["Error: \($0)"] } ?? [])
  case .picker(let picker):
    return [picker.title]
      + picker.items.enumerated().map { index, item in
        let mark =
          picker.kind == .columns
          ? (item.isOn ? ", shown" : ", hidden") : item.mark.isEmpty ? "" : ", in force"
        return (index == picker.selected ? "Selected: " : "") + item.title + mark
      }
  case .confirm(let confirmation):
    return [confirmation.title, confirmation.question, "y: \(confirmation.verb), n: leave it"]
  case .form(let form):
    return [form.title]
      + form.fields.enumerated().map { index, field in
        (index == form.selected ? "Selected: " : "") + "\(field.caption): \(field.text)"
          + (field.hint.isEmpty ? "" : " (\(field.hint))")
      } + (form.error.map { ["Error: \($0)"] } ?? ["enter: \(form.verb), esc: leave it"])
  case .popup(let popup):
    return [popup.title] + popup.lines.map { $0.caption.isEmpty ? $0.text : "\($0.caption): \($0.text)" }
  }
}
