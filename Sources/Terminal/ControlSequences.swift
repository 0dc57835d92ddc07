import Workstation

/// Sequences beyond curses: title, clipboard, mouse, paste and synchronised output.
enum ControlSequences {
  static let beginSynchronized = "\u{1B}[?2026h"
  static let endSynchronized = "\u{1B}[?2026l"
  static let querySynchronized = "\u{1B}[?2026$p"
  static let pasteOn = "\u{1B}[?2004h"
  static let pasteOff = "\u{1B}[?2004l"
  static let mouseOn = "\u{1B}[?1000h\u{1B}[?1006h"
  static let mouseOff = "\u{1B}[?1006l\u{1B}[?1000l"

  /// The most bytes of text that a copy may have: what xterm takes, 100,000 characters of base64.
  static let clipboardLimit = 74_994

  /// Sets the window's title; controls and what hides text are replaced, and it is cut to 200 characters.
  static func title(_ text: String) -> String {
    "\u{1B}]2;" + String(printable(String(text.prefix(200)))) + "\u{1B}\\"
  }

  /// OSC 52: puts text into the clipboard of the terminal, over SSH too. Text beyond the limit is cut at a
  /// character. GNU screen passes it on in pieces of a device control string.
  static func copy(_ text: String, wrapsForScreen: Bool) -> String {
    let bytes = Array(text.utf8.prefix(clipboardLimit + 1))
    var end = min(bytes.count, clipboardLimit)
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    let sequence = "\u{1B}]52;c;" + base64(Array(bytes[..<end])) + "\u{7}"
    guard wrapsForScreen else { return sequence }
    var result = ""
    var rest = Substring(sequence)
    while !rest.isEmpty {
      result += "\u{1B}P" + rest.prefix(250) + "\u{1B}\\"
      rest = rest.dropFirst(250)
    }
    return result
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      let group = (0..<3).reduce(0) { $0 << 8 | ($1 < count ? Int(bytes[start + $1]) : 0) }
      for place in 0..<4 {
        result.append(place <= count ? alphabet[group >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
