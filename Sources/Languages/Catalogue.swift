/// English texts with their translations: found whole, or as a template the text is made from.
struct Catalogue: Sendable {
  private struct Entry: Sendable {
    let english: Template
    let translation: Template
  }

  private var whole: [String: String] = [:]
  /// By their first letter, those with the most fixed text first.
  private var templates: [Character: [Entry]] = [:]
  /// Those that begin with a place.
  private var open: [Entry] = []

  init(_ texts: [String: String]) {
    for (english, translation) in texts {
      let template = Template(english)
      // As written, too: a text whose places are filled in later is looked up before that.
      whole[english] = translation
      guard !template.places.isEmpty else { continue }
      let entry = Entry(english: template, translation: Template(translation))
      if let first = template.first {
        templates[first, default: []].append(entry)
      } else {
        open.append(entry)
      }
    }
    let order: (Entry, Entry) -> Bool = { $0.english.fixedLength > $1.english.fixedLength }
    open.sort(by: order)
    for first in templates.keys { templates[first]?.sort(by: order) }
  }

  /// The translation; nil where the catalogue does not hold the text.
  func translation(of english: String) -> String? { text(english) ?? composed(english) }

  /// The translation of a text as a whole; nil where the catalogue does not hold it.
  func text(_ english: String) -> String? {
    if let found = whole[english] { return found }
    guard let first = english.first else { return nil }
    for entry in (templates[first] ?? []) + open {
      if let values = entry.english.values(in: english), entry.translation.takes(values) {
        return entry.translation.text(values) { translation(of: $0) ?? $0 }
      }
    }
    return nil
  }

  /// The English text of which this is the translation, letters' case aside; nil: of none or of several.
  func source(of translation: String) -> String? {
    let wanted = translation.lowercased()
    let found = whole.filter { $0.value.lowercased() == wanted }
    return found.count == 1 ? found.first?.key : nil
  }

  /// A line put together of parts: `file:12:3: problem; what to do`. Parts that are no texts stay as they are; nil: none is.
  private func composed(_ english: String) -> String? {
    for (sign, takesHead) in [(": ", false), ("; ", true)] {
      var from = english.startIndex
      while let found = english[from...].firstRange(of: sign) {
        let head = String(english[..<found.lowerBound])
        let tail = String(english[found.upperBound...])
        let translatedHead = whole[head] ?? (takesHead ? translation(of: head) : nil)
        let translatedTail = translation(of: tail)
        if translatedTail != nil || takesHead && translatedHead != nil {
          return (translatedHead ?? head) + sign + (translatedTail ?? tail)
        }
        from = found.upperBound
      }
    }
    return nil
  }
}
