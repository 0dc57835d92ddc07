import Pipeline

/// The line that finds anything by a few of its letters.
struct CommandPalette: Sendable {
  struct Entry: Sendable, Hashable {
    enum Target: Sendable, Hashable {
      case action(Action)
      case place(Place)
      case theme(String)
      /// Customers whose name holds a text.
      case customers(String)
      /// A row of the list shown, from 1.
      case row(Int)
    }

    let title: String
    let detail: String
    let keys: String
    let target: Target
  }

  var editor = LineEditor()
  private(set) var found: [Entry] = []
  var selected = 0
  /// The question to the server that has no answer yet, and the text it or the last one asked for.
  var search: Pending?
  var searched = ""
  /// What the server found for ``searched``.
  var customers: [CustomerMatch] = []

  /// More are not shown; one types on instead.
  private static let longestList = 100

  /// Looks for what was typed, the best first; a number is a customer or a row, a text also part of a name.
  mutating func find(in entries: [Entry]) {
    let typed = editor.text.trimmed
    selected = 0
    guard !typed.isEmpty else {
      found = Array(entries.prefix(Self.longestList))
      return
    }
    let scored = entries.enumerated().compactMap { index, entry in
      fuzzyScore(typed, in: entry.title).map { (score: $0, index: index, entry: entry) }
    }
    let best = scored.sorted { $0.score == $1.score ? $0.index < $1.index : $0.score > $1.score }
    found = best.prefix(Self.longestList).map(\.entry)
    if let id = Int64(typed), id > 0 {
      found.insert(
        Entry(title: "Customer \(id)", detail: "by id", keys: "", target: .place(.customer(id))), at: 0)
      if id <= 1_000_000_000 {
        found.insert(
          Entry(title: "Row \(id)", detail: "of this list", keys: "", target: .row(Int(id))), at: 1)
      }
    } else {
      found.append(
        Entry(title: "Customers named \(typed)", detail: "search", keys: "", target: .customers(typed)))
    }
    addCustomers(typed)
  }

  /// Customers come last, so that an answer moves no line one is about to choose.
  private mutating func addCustomers(_ typed: String) {
    let known = Set(found.map(\.target))
    for customer in customers {
      let name = customer.name ?? "no name"
      let begins = String(customer.id).hasPrefix(typed) || name.lowercased().hasPrefix(typed.lowercased())
      guard begins, !known.contains(.place(.customer(customer.id))) else { continue }
      let level = customer.riskLevel.map { ", \($0)" } ?? ""
      found.append(
        Entry(
          title: name, detail: "customer \(customer.id)\(level)", keys: "",
          target: .place(.customer(customer.id)))
      )
    }
  }

  mutating func move(by rows: Int) {
    selected = max(0, min(found.count - 1, selected + rows))
  }
}

/// How well the letters of `pattern` are found in `text` in their order; nil: not at all.
///
/// Letters at the beginning of words and runs of letters count more, gaps and long texts less.
func fuzzyScore(_ pattern: String, in text: String) -> Int? {
  let wanted = Array(pattern.lowercased().filter { $0 != " " })
  guard !wanted.isEmpty else { return 0 }
  let letters = Array(text.lowercased())
  var score = 0
  var next = 0
  var previousMatch = -2
  for (position, letter) in letters.enumerated() where next < wanted.count && letter == wanted[next] {
    let isWordStart = position == 0 || !(letters[position - 1].isLetter || letters[position - 1].isNumber)
    score += 10
    if position == previousMatch + 1 { score += 15 }
    if isWordStart { score += 12 }
    previousMatch = position
    next += 1
  }
  guard next == wanted.count else { return nil }
  if text.lowercased().holds(pattern.lowercased()) { score += 40 }
  if text.lowercased().hasPrefix(pattern.lowercased()) { score += 40 }
  return score - min(20, letters.count / 4)
}

extension String {
  /// Without spaces at its ends.
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
