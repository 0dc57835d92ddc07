/// The columns a text takes on a terminal: 2 for wide East Asian characters, emoji and flags, 0 for combining
/// marks, 1 else.
///
/// The rule is that of `wcwidth`, which nearly all terminals follow: widths add up character by character.
/// An emoji sequence (joined by U+200D, or with a skin tone) counts as its first emoji does and a flag two; the
/// terminal driver paints them so that it is so on every terminal. A variation selector does not change the width.
/// Text from outside belongs through ``printable(_:)`` first; ``ScreenBuffer`` does that by itself.
public func displayWidth(_ text: some StringProtocol) -> Int {
  if let width = plainWidth(text) { return width }
  var total = 0
  var scalars = ClusterReader(text.unicodeScalars)
  while let cluster = scalars.next() { total += cluster.width }
  return total
}

/// The columns of a text whose characters are all one column wide by a look at their code: Latin, box drawing,
/// blocks, braille. Nil: it holds something else. Most text takes this way.
@inline(__always)
private func plainWidth(_ text: some StringProtocol) -> Int? {
  let width = text.utf8.withContiguousStorageIfAvailable { bytes -> Int in
    var width = 0
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case 0..<0x80: index += 1
      // U+0080 to U+02FF.
      case 0xC2..<0xCC: index += 2
      // U+2500 to U+259F, U+2800 to U+28FF.
      case 0xE2 where index + 2 < bytes.count:
        switch bytes[index + 1] {
        case 0x94...0x95, 0xA0...0xA3: index += 3
        case 0x96 where bytes[index + 2] < 0xA0: index += 3
        default: return -1
        }
      default: return -1
      }
      width += 1
    }
    return width
  }
  return width.flatMap { $0 < 0 ? nil : $0 }
}

/// The text, or where it is wider than `width` columns its beginning with `ellipsis` at the end.
public func clipped(_ text: String, to width: Int, ellipsis: String = "…") -> String {
  guard displayWidth(text) > width else { return text }
  let room = width - displayWidth(ellipsis)
  guard room >= 0 else { return "" }
  var result = String.UnicodeScalarView()
  var used = 0
  var reader = ClusterReader(text.unicodeScalars)
  while let cluster = reader.next(), used + cluster.width <= room {
    result.append(contentsOf: text.unicodeScalars[cluster.range])
    used += cluster.width
  }
  return String(result) + ellipsis
}

/// The columns of one scalar by itself: 0, 1 or 2.
func scalarWidth(_ scalar: Unicode.Scalar) -> Int {
  let value = scalar.value
  if value < 0x300 { return 1 }
  // Box drawing, blocks and braille fill most of a screen of charts.
  if (0x2500...0x259F).contains(value) || (0x2800...0x28FF).contains(value) { return 1 }
  let ranges = WidthTable.ranges
  var low = 0
  var high = ranges.count
  while low < high {
    let middle = (low + high) / 2
    if UInt32(truncatingIfNeeded: ranges[middle] >> 32) <= value { low = middle + 1 } else { high = middle }
  }
  guard low > 0 else { return 1 }
  let range = ranges[low - 1]
  return UInt32(truncatingIfNeeded: range >> 8) & 0xFF_FFFF >= value ? Int(range & 0xFF) : 1
}

/// Splits text into what shares a cell: a character with its marks, an emoji sequence, a flag.
struct ClusterReader<Scalars: BidirectionalCollection> where Scalars.Element == Unicode.Scalar {
  struct Cluster {
    let range: Range<Scalars.Index>
    /// 0 only for a mark without a base.
    let width: Int
    /// How many scalars, and the first of them.
    let count: Int
    let first: Unicode.Scalar
  }

  private let scalars: Scalars
  private var position: Scalars.Index

  init(_ scalars: Scalars) {
    self.scalars = scalars
    position = scalars.startIndex
  }

  mutating func next() -> Cluster? {
    guard position < scalars.endIndex else { return nil }
    let start = position
    let first = scalars[position]
    var width = scalarWidth(first)
    var count = 1
    position = scalars.index(after: position)
    if first.isRegionalIndicator, let second = peek(), second.isRegionalIndicator {
      advance(&count)
      width = 2
    }
    let isEmoji = first.canStandInEmojiSequence
    while let following = peek() {
      if following == "\u{200D}" {
        advance(&count)
        if isEmoji, let joined = peek(), joined.canStandInEmojiSequence { advance(&count) }
      } else if isEmoji && following.isEmojiModifier {
        advance(&count)
      } else if following.value >= 0x300 && scalarWidth(following) == 0 {
        advance(&count)
      } else {
        break
      }
    }
    return Cluster(range: start..<position, width: width, count: count, first: first)
  }

  private func peek() -> Unicode.Scalar? {
    position < scalars.endIndex ? scalars[position] : nil
  }

  private mutating func advance(_ count: inout Int) {
    position = scalars.index(after: position)
    count += 1
  }
}

extension Unicode.Scalar {
  /// Half a flag.
  var isRegionalIndicator: Bool { (0x1F1E6...0x1F1FF).contains(value) }
  /// A skin tone.
  var isEmojiModifier: Bool { (0x1F3FB...0x1F3FF).contains(value) }
  /// Whether U+200D may join it to another emoji.
  var canStandInEmojiSequence: Bool {
    switch value {
    case 0x2190...0x24FF, 0x25A0...0x27FF, 0x2900...0x2BFF: true
    case 0x1F000...0x1FAFF: !isRegionalIndicator
    default: false
    }
  }
}
