/// A regular expression that ignores case and takes time in proportion to the text, whatever the pattern: no
/// pattern an analyst types can hold the screen up.
///
/// Syntax: literals, `.`, `[a-z]`, `[^a]`, `\d \w \s` and their opposites, `^`, `$`, groups, `|`, `*`, `+`, `?`,
/// `{2}`, `{2,}`, `{2,5}` (at most 100). Method: Ken Thompson, "Regular Expression Search Algorithm", 1968: all states
/// the expression can be in are followed side by side.
struct RegularExpression: Sendable, Hashable {
  let text: String
  private let program: [Instruction]

  private enum Instruction: Sendable, Hashable {
    case character(CharacterSet)
    /// Go on at both places.
    case split(Int, Int)
    case jump(Int)
    case start
    case end
    case match
  }

  /// What one character may be.
  private struct CharacterSet: Sendable, Hashable {
    var ranges: [ClosedRange<Unicode.Scalar>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      ranges.contains { $0.contains(scalar) } != isNegated
    }

    static let any = CharacterSet(ranges: [], isNegated: true)

    /// The class of `\d`, `\w` or `\s`; capital letters are their opposites.
    init?(escape: Unicode.Scalar) {
      switch escape {
      case "d", "D": ranges = ["0"..."9"]
      case "w", "W":
        ranges = ["0"..."9", "a"..."z", "A"..."Z", "_"..."_", "\u{AA}"..."\u{2AF}", "\u{370}"..."\u{1FFF}"]
      case "s", "S": ranges = ["\t"..."\r", " "..." ", "\u{A0}"..."\u{A0}"]
      default: return nil
      }
      isNegated = escape.properties.isUppercase
    }

    init(ranges: [ClosedRange<Unicode.Scalar>], isNegated: Bool = false) {
      self.ranges = ranges
      self.isNegated = isNegated
    }
  }

  /// Longer programs than this are refused.
  private static let longestProgram = 5_000

  /// Reads an expression.
  init(_ text: String) throws(FilterError) {
    self.text = text
    var parser = Parser(Self.lowered(text))
    guard let tree = parser.alternatives(depth: 0), parser.isAtEnd else {
      throw FilterError(code: .badPattern, description: "/\(text)/ is no regular expression")
    }
    var program: [Instruction] = []
    Self.compile(tree, into: &program)
    program.append(.match)
    guard program.count <= Self.longestProgram else {
      throw FilterError(code: .badPattern, description: "/\(text)/ is too long a regular expression")
    }
    self.program = program
  }

  /// Small letters, but for those behind a backslash: `\D` is not `\d`.
  private static func lowered(_ text: String) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        result.append(scalar)
      } else {
        result += scalar.properties.lowercaseMapping.unicodeScalars
      }
      isEscaped = scalar == "\\" && !isEscaped
    }
    return result
  }

  /// Whether the expression is found anywhere in the text.
  func matches(_ subject: String) -> Bool {
    let scalars = Array(subject.lowercased().unicodeScalars)
    var current: [Int] = []
    var seen = Array(repeating: -1, count: program.count)
    for position in 0...scalars.count {
      // An attempt begins at every place: the first one that ends is a match.
      if follow(0, position, scalars.count, &current, &seen) { return true }
      guard position < scalars.count else { return false }
      var next: [Int] = []
      for place in current {
        guard case .character(let set) = program[place], set.contains(scalars[position]) else { continue }
        if follow(place + 1, position + 1, scalars.count, &next, &seen) { return true }
      }
      current = next
    }
    return false
  }

  /// Adds the places that are reached from one without reading a character.
  /// - Returns: True where the end of the program is among them.
  private func follow(
    _ place: Int, _ position: Int, _ length: Int, _ places: inout [Int], _ seen: inout [Int]
  ) -> Bool {
    var waiting = [place]
    while let place = waiting.popLast() {
      guard seen[place] != position else { continue }
      seen[place] = position
      switch program[place] {
      case .match: return true
      case .jump(let target): waiting.append(target)
      case .split(let first, let second): waiting += [second, first]
      case .start: if position == 0 { waiting.append(place + 1) }
      case .end: if position == length { waiting.append(place + 1) }
      case .character: places.append(place)
      }
    }
    return false
  }

  // MARK: Reading

  private indirect enum Tree: Sendable {
    case empty
    case character(CharacterSet)
    case start
    case end
    case sequence([Tree])
    case either(Tree, Tree)
    /// `most` nil: any number.
    case repeated(Tree, least: Int, most: Int?)
  }

  private struct Parser {
    let scalars: [Unicode.Scalar]
    var position = 0

    init(_ scalars: [Unicode.Scalar]) {
      self.scalars = scalars
    }

    var isAtEnd: Bool { position >= scalars.count }
    private var next: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
      guard next == wanted else { return false }
      position += 1
      return true
    }

    /// Nil: it cannot be read. Groups in groups are bounded, as each takes a frame of the stack.
    mutating func alternatives(depth: Int) -> Tree? {
      guard depth < 50, var tree = sequence(depth: depth) else { return nil }
      while take("|") {
        guard let other = sequence(depth: depth) else { return nil }
        tree = .either(tree, other)
      }
      return tree
    }

    private mutating func sequence(depth: Int) -> Tree? {
      var parts: [Tree] = []
      while let scalar = next, scalar != "|", scalar != ")" {
        guard let part = repeated(depth: depth) else { return nil }
        parts.append(part)
      }
      return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated(depth: Int) -> Tree? {
      guard var tree = single(depth: depth) else { return nil }
      while let scalar = next {
        switch scalar {
        case "*": tree = .repeated(tree, least: 0, most: nil)
        case "+": tree = .repeated(tree, least: 1, most: nil)
        case "?": tree = .repeated(tree, least: 0, most: 1)
        case "{":
          position += 1
          guard let bounds = bounds() else { return nil }
          tree = .repeated(tree, least: bounds.least, most: bounds.most)
          continue
        default: return tree
        }
        position += 1
        // A repetition of a repetition (also the lazy `*?`) finds the same texts; nesting it would only cost.
        while let again = next, "*+?".unicodeScalars.contains(again) {
          if again != "?" { return nil }
          position += 1
        }
      }
      return tree
    }

    private mutating func number() -> Int? {
      var value: Int?
      while let scalar = next,
        let digit = scalar.properties.numericType == .decimal ? Int(scalar.value) - 48 : nil,
        (0...9).contains(digit)
      {
        value = min(1_000, (value ?? 0) * 10 + digit)
        position += 1
      }
      return value
    }

    private mutating func bounds() -> (least: Int, most: Int?)? {
      guard let least = number() else { return nil }
      var most: Int? = least
      if take(",") { most = number() }
      guard take("}"), least <= 100, most.map({ $0 <= 100 && $0 >= least }) ?? true else { return nil }
      return (least, most)
    }

    private mutating func single(depth: Int) -> Tree? {
      guard let scalar = next else { return nil }
      position += 1
      switch scalar {
      case "^": return .start
      case "$": return .end
      case ".": return .character(.any)
      case "*", "+", "?", "{": return nil
      case "(":
        if take("?") { guard take(":") else { return nil } }
        guard let tree = alternatives(depth: depth + 1), take(")") else { return nil }
        return tree
      case "[": return set().map { .character($0) }
      case "\\": return escaped().map { .character($0) }
      default: return .character(CharacterSet(ranges: [scalar...scalar]))
      }
    }

    private mutating func escaped() -> CharacterSet? {
      guard let scalar = next else { return nil }
      position += 1
      if let set = CharacterSet(escape: scalar) { return set }
      switch scalar {
      case "t": return CharacterSet(ranges: ["\t"..."\t"])
      case "n": return CharacterSet(ranges: ["\n"..."\n"])
      default:
        let isLetter = scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
        return isLetter ? nil : CharacterSet(ranges: [scalar...scalar])
      }
    }

    private mutating func set() -> CharacterSet? {
      var set = CharacterSet(ranges: [], isNegated: take("^"))
      var isFirst = true
      while let scalar = next {
        position += 1
        if scalar == "]", !isFirst { return set }
        isFirst = false
        if scalar == "\\" {
          guard let part = escaped(), !part.isNegated else { return nil }
          set.ranges += part.ranges
        } else if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
          let last = scalars[position + 1]
          guard scalar <= last else { return nil }
          position += 2
          set.ranges.append(scalar...last)
        } else {
          set.ranges.append(scalar...scalar)
        }
      }
      return nil
    }
  }

  private static func compile(_ tree: Tree, into program: inout [Instruction]) {
    // The bound is checked at the end; what is over it already needs no more.
    guard program.count <= longestProgram else { return }
    switch tree {
    case .empty: return
    case .character(let set): program.append(.character(set))
    case .start: program.append(.start)
    case .end: program.append(.end)
    case .sequence(let parts): for part in parts { compile(part, into: &program) }
    case .either(let first, let second):
      let split = program.count
      program.append(.split(0, 0))
      compile(first, into: &program)
      let jump = program.count
      program.append(.jump(0))
      program[split] = .split(split + 1, program.count)
      compile(second, into: &program)
      program[jump] = .jump(program.count)
    case .repeated(let part, let least, let most):
      for _ in 0..<least { compile(part, into: &program) }
      if let most {
        var splits: [Int] = []
        for _ in least..<max(least, most) {
          splits.append(program.count)
          program.append(.split(0, 0))
          compile(part, into: &program)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
      } else {
        let split = program.count
        program.append(.split(0, 0))
        compile(part, into: &program)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
      }
    }
  }
}
