import Workstation

/// Turns what changed from one screen to the next into few bytes for the terminal.
///
/// ncurses' own refresh writes a colour pair at every change of a style and every character of a border; here cells of
/// one look are written together wherever they stand, spaces are erased and equal characters repeated, which is about
/// half the bytes on a slow line.
struct FrameEncoder {
  let abilities: ScreenAbilities
  let depth: ColorDepth
  let glyphs: CellGlyphs
  private var renditions: [Style: Rendition] = [:]

  init(abilities: ScreenAbilities, depth: ColorDepth, glyphs: CellGlyphs) {
    self.abilities = abilities
    self.depth = depth
    self.glyphs = glyphs
  }

  struct Frame {
    var bytes: [UInt8]
    /// Cells written or erased.
    var changedCells: Int
  }

  /// Cells of one look side by side.
  private struct Piece {
    let y: Int
    var columns: Range<Int>
  }

  /// Spaces on one background side by side; there may be texts among them, which are written afterwards.
  private struct Erasure {
    let y: Int
    let columns: Range<Int>
    let isToEnd: Bool
  }

  /// What is to be written, gathered by look in the order in which looks first appear.
  private struct Plan {
    var backgrounds: [Color] = []
    var erasures: [Color: [Erasure]] = [:]
    var looks: [Color: [Rendition]] = [:]
    var pieces: [Rendition: [Piece]] = [:]
    var changedCells = 0

    mutating func note(_ background: Color) {
      guard looks[background] == nil else { return }
      backgrounds.append(background)
      looks[background] = []
    }

    mutating func add(_ piece: Piece, _ rendition: Rendition) {
      note(rendition.background)
      if pieces[rendition] == nil { looks[rendition.background]?.append(rendition) }
      pieces[rendition, default: []].append(piece)
    }

    mutating func add(_ erasure: Erasure, _ background: Color) {
      note(background)
      erasures[background, default: []].append(erasure)
    }
  }

  /// A cell in the terms of the terminal.
  private struct Look {
    let rendition: Rendition
    /// A space that shows its background alone.
    let isBlank: Bool
  }

  /// - Parameters:
  ///   - base: what the terminal shows; nil: nobody knows, so everything is cleared and written.
  ///   - cursor: where the terminal's own cursor is left; nil: anywhere.
  mutating func encode(_ buffer: ScreenBuffer, over base: ScreenBuffer?, cursor: Point? = nil) -> Frame {
    let change = frame(buffer, over: base, cursor)
    // Of a screen that is another one, little is left: clearing it may be shorter than erasing it piece by piece.
    guard base != nil, change.changedCells > buffer.size.width * buffer.size.height / 4 else { return change }
    let whole = frame(buffer, over: nil, cursor)
    return whole.bytes.count < change.bytes.count * 3 / 4 ? whole : change
  }

  private mutating func frame(_ buffer: ScreenBuffer, over base: ScreenBuffer?, _ cursor: Point?) -> Frame {
    var pen = CursorPen(abilities: abilities, width: buffer.size.width)
    var scroll: ScrollPlan?
    if let base {
      if abilities.scrollsRegions, let found = ScrollPlan.find(from: base, to: buffer) {
        scroll = found
        pen.append(found.sequence)
        pen.setPosition(0, 0)
      }
    } else {
      pen.append("\u{1B}[m\u{1B}[H\u{1B}[2J")
      pen.setPosition(0, 0)
    }
    let blank = ScreenBuffer(size: Size(width: buffer.size.width, height: 1))
    var plan = Plan()
    for y in 0..<buffer.size.height {
      var (shown, row) = (blank, 0)
      if let base, let origin = scroll.map({ $0.origin(ofRow: y) }) ?? y { (shown, row) = (base, origin) }
      var changed = buffer.changes(inRow: y, since: shown, row: row)
      for x in changed.indices where changed[x] {
        // Of a space nothing is seen but the background.
        if let old = blankBackground(shown[x, row]), old == blankBackground(buffer[x, y]) {
          changed[x] = false
        }
      }
      if changed.contains(true) { add(row: y, of: buffer, changed, to: &plan) }
    }
    write(plan, of: buffer, with: &pen)
    pen.use(.plain)
    if let cursor { pen.move(to: cursor.x, cursor.y) }
    return Frame(bytes: pen.bytes, changedCells: plan.changedCells + (scroll?.region.count ?? 0))
  }

  private mutating func rendition(of style: Style) -> Rendition {
    if let known = renditions[style] { return known }
    let rendition = Rendition(style, depth: depth, abilities: abilities)
    renditions[style] = rendition
    return rendition
  }

  /// The background of a space that shows nothing else; nil: it is none.
  private mutating func blankBackground(_ cell: Cell) -> Color? {
    guard cell.text == " " else { return nil }
    let rendition = rendition(of: cell.style)
    return rendition.showsOnSpaces ? nil : rendition.background
  }

  // MARK: Planning

  private mutating func add(row y: Int, of buffer: ScreenBuffer, _ changed: [Bool], to plan: inout Plan) {
    var changed = changed
    let width = buffer.size.width
    var looks: [Look] = []
    looks.reserveCapacity(width)
    for x in 0..<width {
      let cell = buffer[x, y]
      let rendition = rendition(of: cell.style)
      looks.append(Look(rendition: rendition, isBlank: cell.text == " " && !rendition.showsOnSpaces))
      // Both halves of a wide character or none.
      if cell.width == 0, x > 0, changed[x] || changed[x - 1] { (changed[x - 1], changed[x]) = (true, true) }
    }
    // A terminal that wraps at once would scroll after its last cell.
    if !abilities.wrapsLate, y == buffer.size.height - 1 { changed[width - 1] = false }
    var x = 0
    while x < width {
      guard changed[x] else {
        x += 1
        continue
      }
      let background = looks[x].rendition.background
      var end = x + 1
      while end < width, changed[end], looks[end].rendition.background == background { end += 1 }
      plan.changedCells += end - x
      add(x..<end, inRow: y, looks, to: &plan)
      x = end
    }
  }

  /// Fewer spaces than this are written, not erased.
  private static let leastErased = 5

  /// Adds changed cells on one background.
  private func add(_ run: Range<Int>, inRow y: Int, _ looks: [Look], to plan: inout Plan) {
    let background = looks[run.lowerBound].rendition.background
    var gaps: [Range<Int>] = []
    var x = run.lowerBound
    while x < run.upperBound {
      guard looks[x].isBlank else {
        x += 1
        continue
      }
      var end = x + 1
      while end < run.upperBound, looks[end].isBlank { end += 1 }
      gaps.append(x..<end)
      x = end
    }
    let canErase = abilities.erasesInColor || background == .default
    let isToEnd = canErase && gaps.last?.upperBound == looks.count && (gaps.last?.count ?? 0) >= 3
    let wide = gaps.filter { $0.count >= Self.leastErased }
    var erased: Range<Int>?
    if isToEnd, let last = gaps.last {
      // Erased up to the row's end with the texts in between, which are to be written anyhow. Where it begins the cursor
      // is wanted next.
      erased = wide.isEmpty ? last : run
    } else if canErase, abilities.erasesCharacters, let last = wide.last {
      erased = run.lowerBound..<last.upperBound
    }
    if let erased { plan.add(Erasure(y: y, columns: erased, isToEnd: isToEnd), background) }
    // What is left: texts, and spaces that are written with the text at their left, or else at their right.
    let plainSpace = Rendition(foreground: .default, background: background, attributes: [])
    var piece: (columns: Range<Int>, rendition: Rendition)?
    for x in run {
      let look = looks[x]
      if look.isBlank {
        if erased?.contains(x) == true { continue }
        if let current = piece, current.columns.upperBound == x, !current.rendition.showsOnSpaces {
          piece?.columns = current.columns.lowerBound..<x + 1
        } else {
          if let piece { plan.add(Piece(y: y, columns: piece.columns), piece.rendition) }
          let next = looks[x...].prefix(run.upperBound - x).first { !$0.isBlank }?.rendition
          piece = (x..<x + 1, next.flatMap { $0.showsOnSpaces ? nil : $0 } ?? plainSpace)
        }
      } else if let current = piece, current.columns.upperBound == x, current.rendition == look.rendition {
        piece?.columns = current.columns.lowerBound..<x + 1
      } else {
        if let piece { plan.add(Piece(y: y, columns: piece.columns), piece.rendition) }
        piece = (x..<x + 1, look.rendition)
      }
    }
    if let piece { plan.add(Piece(y: y, columns: piece.columns), piece.rendition) }
  }

  // MARK: Writing

  private func write(_ plan: Plan, of buffer: ScreenBuffer, with pen: inout CursorPen) {
    for (number, background) in plan.backgrounds.enumerated() {
      let next = number + 1 < plan.backgrounds.count ? plan.looks[plan.backgrounds[number + 1]] : nil
      var erasures = plan.erasures[background] ?? []
      for look in Self.ordered(plan.looks[background] ?? [], after: pen.rendition, before: next ?? []) {
        for piece in plan.pieces[look] ?? [] {
          // Cells are erased just before the first text among them: the cursor is there then.
          while let index = erasures.firstIndex(where: {
            $0.y == piece.y && $0.columns.overlaps(piece.columns)
          }) {
            erase(erasures.remove(at: index), look, with: &pen)
          }
          pen.use(look)
          write(piece, of: buffer, with: &pen)
        }
      }
      let blank = Rendition(foreground: pen.rendition.foreground, background: background, attributes: [])
      for erasure in erasures { erase(erasure, blank, with: &pen) }
    }
  }

  /// Looks on one background in an order in which a colour in force is used first, and one that the next background begins
  /// with comes last: it need not be set again.
  private static func ordered(
    _ looks: [Rendition], after previous: Rendition, before next: [Rendition]
  ) -> [Rendition] {
    func isLike(_ one: Rendition, _ other: Rendition) -> Bool {
      one.foreground == other.foreground && one.attributes == other.attributes
    }
    var looks = looks
    if let index = looks.firstIndex(where: { isLike($0, previous) }) { looks.swapAt(0, index) }
    if let index = looks.indices.dropFirst().first(where: { index in
      next.contains { isLike($0, looks[index]) }
    }) {
      looks.append(looks.remove(at: index))
    }
    return looks
  }

  /// - Parameter look: what is written next; its colours are set already where they do not show on spaces.
  private func erase(_ erasure: Erasure, _ look: Rendition, with pen: inout CursorPen) {
    var look = look
    if look.showsOnSpaces { look.attributes = [] }
    pen.use(look)
    pen.move(to: erasure.columns.lowerBound, erasure.y)
    pen.erase(erasure.columns.count, toEnd: erasure.isToEnd)
  }

  private func write(_ piece: Piece, of buffer: ScreenBuffer, with pen: inout CursorPen) {
    bridge(to: piece, of: buffer, with: &pen)
    pen.move(to: piece.columns.lowerBound, piece.y)
    var x = piece.columns.lowerBound
    while x < piece.columns.upperBound {
      let cell = buffer[x, piece.y]
      let painted = glyphs.painted(cell)
      guard cell.width == 1, painted.count == 1, painted[0].count == 1, let scalar = painted.first?.first
      else {
        for scalars in painted { pen.putUncertain(scalars) }
        x += max(1, cell.width)
        continue
      }
      var end = x + 1
      while end < piece.columns.upperBound, buffer[end, piece.y].text == cell.text { end += 1 }
      // After a character of doubtful width.
      pen.move(to: x, piece.y)
      pen.put(scalar, count: end - x)
      x = end
    }
  }

  /// Writes a few spaces in place of a move to the right, where spaces stand there anyhow.
  private func bridge(to piece: Piece, of buffer: ScreenBuffer, with pen: inout CursorPen) {
    guard let position = pen.position, position.y == piece.y, !pen.rendition.showsOnSpaces else { return }
    let gap = piece.columns.lowerBound - position.x
    guard (1...3).contains(gap) else { return }
    let isBlank = (position.x..<piece.columns.lowerBound).allSatisfy { x in
      let cell = buffer[x, piece.y]
      let rendition = Rendition(cell.style, depth: depth, abilities: abilities)
      return cell.text == " " && !rendition.showsOnSpaces && rendition.background == pen.rendition.background
    }
    if isBlank { pen.put(" ", count: gap) }
  }
}
