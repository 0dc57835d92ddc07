/// The text with everything in it replaced that would move the cursor, hide text or turn its direction.
///
/// - Line ends, tabs and Unicode's line and paragraph separators become a space.
/// - Other C0 controls become their picture (ESC: ␛), DEL ␡, C1 controls �.
/// - Bidirectional controls, zero-width and other invisible characters become �, so that two names that differ
///   in one look different; U+200D stays between emoji, tags after a black flag.
/// - A mark without a base gets a dotted circle under it, and more than four marks on one base are cut off.
///
/// Invalid UTF-8 cannot be in a Swift string: decoding has made � of it.
public func printable(_ text: String) -> String {
  if text.unicodeScalars.allSatisfy(isAlwaysPrintable) { return text }
  var result = String.UnicodeScalarView()
  var marks = 0
  var previous: Unicode.Scalar?
  var isInEmoji = false
  var index = text.unicodeScalars.startIndex
  let scalars = text.unicodeScalars
  while index < scalars.endIndex {
    let scalar = scalars[index]
    index = scalars.index(after: index)
    let next = index < scalars.endIndex ? scalars[index] : nil
    let shown = replacement(for: scalar, after: previous, isInEmoji: isInEmoji, before: next)
    if scalarWidth(shown) == 0 {
      if previous == nil { result.append("\u{25CC}") }
      marks += 1
      if marks > maximumMarks && !isTag(shown) && shown != "\u{200D}" { continue }
    } else {
      marks = 0
      isInEmoji = shown.canStandInEmojiSequence
    }
    result.append(shown)
    previous = shown
  }
  return String(result)
}

/// The text made printable, whose tabs and line ends stay.
public func printableLines(_ text: String) -> String {
  var shown = ""
  var rest = text.unicodeScalars[...]
  while !rest.isEmpty {
    let line = rest.prefix { $0 != "\n" && $0 != "\t" }
    shown += printable(String(line))
    rest = rest.dropFirst(line.count)
    if let end = rest.popFirst() { shown.unicodeScalars.append(end) }
  }
  return shown
}

/// What a cell of ncurses holds besides its base character.
private let maximumMarks = 4

/// A quick test that most text passes: printable ASCII, Latin, box drawing, blocks, braille.
func isAlwaysPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x20...0x7E, 0xA0...0xAC, 0xAE...0x2FF, 0x2500...0x259F, 0x2800...0x28FF: true
  default: false
  }
}

private func isTag(_ scalar: Unicode.Scalar) -> Bool { (0xE0020...0xE007F).contains(scalar.value) }

private func replacement(
  for scalar: Unicode.Scalar, after previous: Unicode.Scalar?, isInEmoji: Bool, before next: Unicode.Scalar?
) -> Unicode.Scalar {
  let unknown: Unicode.Scalar = "\u{FFFD}"
  switch scalar.value {
  case 0x09...0x0D, 0x85, 0x2028, 0x2029: return " "
  case 0...0x1F: return Unicode.Scalar(0x2400 + scalar.value) ?? unknown
  case 0x7F: return "\u{2421}"
  case 0x80...0x9F, 0xAD: return unknown
  case 0x200D:
    return isInEmoji && previous != scalar && next?.canStandInEmojiSequence == true ? scalar : unknown
  case 0xE0020...0xE007F:
    return previous.map { $0.value == 0x1F3F4 || isTag($0) } == true ? scalar : unknown
  // Fillers and the grapheme joiner: letters or marks by category, but nothing is seen of them.
  case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0: return unknown
  default: break
  }
  if isAlwaysPrintable(scalar) { return scalar }
  switch scalar.properties.generalCategory {
  case .format, .control, .surrogate, .unassigned: return unknown
  default: return scalar
  }
}
