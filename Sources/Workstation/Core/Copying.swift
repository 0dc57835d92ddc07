import Pipeline

/// Cells and rows on their way to the clipboard.
extension State {
  func copy(_ action: Action, _ turn: inout Turn) {
    guard let shown = screen as? any Screen & Exportable else { return }
    let cells = shown.selectedCells
    let texts = cells.map {
      $0.value == .null ? "" : setup.text.text($0.value, as: .plain, kind: $0.column.kind)
    }
    // Pasted into a shell, a control character could do more than be text.
    let copied = printableLines(action == .copy ? texts.first ?? "" : texts.joined(separator: "\t"))
    guard copied.utf8.count <= Self.longestCopy else {
      turn.say("too long to copy: \(copied.utf8.count) bytes, at most \(Self.longestCopy)", .warning)
      return
    }
    turn.ask(.copy(copied))
    turn.say(action == .copy ? "copied \(clipped(printable(copied), to: 40))" : "copied the row")
  }

  /// What terminals and multiplexers take by OSC 52 without trouble: 74,994 bytes are 100,000 in base 64.
  private static let longestCopy = 74_994
}
