/// The characters lines, bars and marks are drawn with.
public struct Glyphs: Sendable, Hashable {
  public let isASCII: Bool
  let horizontal: String
  let vertical: String
  let topLeft: String
  let topRight: String
  let bottomLeft: String
  let bottomRight: String
  let teeLeft: String
  let teeRight: String
  let teeDown: String
  let teeUp: String
  let cross: String
  /// A bar's whole cell.
  let full: String
  /// A bar's last cell by eighths, 1 to 7.
  let horizontalEighths: [String]
  /// A column's top cell by eighths, 1 to 7.
  let verticalEighths: [String]
  let track: String
  /// From empty to full, for heat maps without colours.
  let shades: [String]
  let pointer: String
  let ascending: String
  let descending: String
  let ellipsis: String
  let bullet: String
  let separator: String
  let check: String
  let failure: String
  let skipped: String
  let waiting: String
  let warning: String
  let goal: String
  let spinner: [String]
  let scrollThumb: String
  let scrollTrack: String

  public static let unicode = Glyphs(
    isASCII: false, horizontal: "─", vertical: "│", topLeft: "╭", topRight: "╮", bottomLeft: "╰",
    bottomRight: "╯", teeLeft: "├", teeRight: "┤", teeDown: "┬", teeUp: "┴", cross: "┼", full: "█",
    horizontalEighths: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
    verticalEighths: ["▁", "▂", "▃", "▄", "▅", "▆", "▇"], track: "·", shades: [" ", "░", "▒", "▓", "█"],
    pointer: "▸", ascending: "▲", descending: "▼", ellipsis: "…", bullet: "•", separator: "·", check: "✓",
    failure: "✗", skipped: "–", waiting: "○", warning: "!", goal: "┊",
    spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"], scrollThumb: "┃", scrollTrack: "│")

  public static let ascii = Glyphs(
    isASCII: true, horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+",
    bottomRight: "+", teeLeft: "+", teeRight: "+", teeDown: "+", teeUp: "+", cross: "+", full: "#",
    horizontalEighths: ["", "", "", "#", "#", "#", "#"],
    verticalEighths: [".", ".", ".", ":", ":", "#", "#"], track: ".", shades: [" ", ".", ":", "+", "#"],
    pointer: ">", ascending: "^", descending: "v", ellipsis: "~", bullet: "*", separator: "-", check: "+",
    failure: "x", skipped: "-", waiting: "o", warning: "!", goal: ":", spinner: ["|", "/", "-", "\\"],
    scrollThumb: "#", scrollTrack: "|")
}
