/// A text with places: `run {1} is under way`. It recognises a text made from it and writes the same in another language.
///
/// A place is a name or number in braces. In a translation, `{1*}` means that what stands there is a text of the catalogue
/// itself and is translated as well, and `{1#}` that it must be a number: so `{1} of {2}` is the place in a list and never
/// the title of somebody's card.
struct Template: Sendable, Hashable {
  /// What a translation does with what stands in a place.
  enum Use: Sendable, Hashable {
    case kept, translated, number
  }

  enum Piece: Sendable, Hashable {
    case text(String)
    case place(String, Use)
  }

  let pieces: [Piece]

  init(_ text: String) {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      let behind = rest.index(after: open)
      guard let close = rest[behind...].firstIndex(of: "}") else { break }
      var name = rest[behind..<close]
      let use: Use = name.last == "*" ? .translated : name.last == "#" ? .number : .kept
      if use != .kept { name = name.dropLast() }
      // Braces that hold anything but a name are text: SQL, JSON and Jinja have braces, too.
      guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
        pieces.append(.text(String(rest[..<behind])))
        rest = rest[behind...]
        continue
      }
      if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      pieces.append(.place(String(name), use))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    self.pieces = Self.joined(pieces)
  }

  private static func joined(_ pieces: [Piece]) -> [Piece] {
    pieces.reduce(into: []) { result, piece in
      if case .text(let text) = piece, case .text(let before)? = result.last {
        result[result.count - 1] = .text(before + text)
      } else {
        result.append(piece)
      }
    }
  }

  /// The names of the places, in the order of the text.
  var places: [String] {
    pieces.compactMap { if case .place(let name, _) = $0 { name } else { nil } }
  }

  /// How much of it is fixed: of two templates that fit, the one with more says more.
  var fixedLength: Int {
    pieces.reduce(0) { sum, piece in
      if case .text(let text) = piece { sum + text.utf8.count } else { sum }
    }
  }

  /// The first fixed letter; nil where it begins with a place.
  var first: Character? {
    if case .text(let text)? = pieces.first { text.first } else { nil }
  }

  /// What stands in the places where a text is made from this template; nil: it is not.
  func values(in text: String) -> [String: String]? {
    var values: [String: String] = [:]
    return match(pieces[...], text[...], &values) ? values : nil
  }

  private func match(
    _ pieces: ArraySlice<Piece>, _ text: Substring, _ values: inout [String: String]
  ) -> Bool {
    guard let piece = pieces.first else { return text.isEmpty }
    let rest = pieces.dropFirst()
    switch piece {
    case .text(let fixed):
      return text.hasPrefix(fixed) && match(rest, text.dropFirst(fixed.count), &values)
    case .place(let name, _):
      guard case .text(let fixed)? = rest.first else {
        // The last place takes all; two places side by side give it to the first.
        values[name] = String(text)
        return rest.isEmpty || match(rest, text[text.endIndex...], &values)
      }
      // The shortest value that lets the rest fit.
      var from = text.startIndex
      while let found = text[from...].firstRange(of: fixed) {
        if match(rest.dropFirst(), text[found.upperBound...], &values) {
          values[name] = String(text[..<found.lowerBound])
          return true
        }
        from = text.index(after: found.lowerBound)
      }
      return false
    }
  }

  /// Whether values are what its places ask for.
  func takes(_ values: [String: String]) -> Bool {
    pieces.allSatisfy { piece in
      guard case .place(let name, .number) = piece else { return true }
      return values[name]?.first?.isNumber ?? false
    }
  }

  /// The text with values in its places.
  /// - Parameter translate: what is done with values that are texts themselves.
  func text(_ values: [String: String], translate: (String) -> String) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .place(let name, let use):
        values[name].map { use == .translated ? translate($0) : $0 } ?? "{\(name)}"
      }
    }.joined()
  }
}
