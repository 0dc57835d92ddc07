/// Lines above the footer that say what to press: the tour's step, or what the very first start has to say.
extension State {
  /// Their text, a line each before they are broken to the screen's width; empty: there is nothing to say.
  var guidance: [String] {
    if let tour {
      return ["Tour \(tour.position + 1)/\(tour.steps.count)  \(tour.text(self))"]
    }
    guard isGreeting else { return [] }
    let help = setup.keymap.keyName(.help)
    return [
      "Welcome to RiskDeck. \(help) explains the keys of this screen, \(setup.keymap.keyName(.quit)) leaves.",
      "New here? \(setup.keymap.keyName(.quit)), then `riskdeck tour`: a guided tour of five minutes on made-up data,",
      "in a database of its own that is deleted afterwards. Any key puts these lines away.",
    ]
  }

  /// The lines as they are drawn; none where the screen is too low to spare them.
  func guidanceLines(in size: Size) -> [String] {
    let texts = guidance.map { setup.text.language($0) }
    guard !texts.isEmpty, size.height >= leastSize.height + 4 else { return [] }
    return Array(texts.flatMap { wrap($0, to: size.width - 2) }.prefix(3))
  }
}

extension Painter {
  /// Draws the guidance on the rows that ``State/body(in:)`` leaves free above the footer.
  mutating func guidance(_ state: State) {
    let size = buffer.size
    let lines = state.guidanceLines(in: size)
    for (index, line) in lines.enumerated() {
      let y = size.height - 1 - lines.count + index
      fill(Rect(x: 0, y: y, width: size.width, height: 1), .input)
      write(line, 1, y, width: size.width - 2, .input)
    }
  }
}
