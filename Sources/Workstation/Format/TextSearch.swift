extension String {
  /// Whether the text holds another one, both in small letters already: by bytes where both are ASCII, which nearly
  /// all are, else by characters, so that composed and decomposed letters are the same.
  func holds(_ needle: String) -> Bool {
    guard !needle.isEmpty else { return true }
    let isASCII = utf8.allSatisfy { $0 < 0x80 } && needle.utf8.allSatisfy { $0 < 0x80 }
    return isASCII ? Array(utf8).holds(Array(needle.utf8)) : Array(self).holds(Array(needle))
  }
}

extension Array where Element: Equatable {
  fileprivate func holds(_ needle: [Element]) -> Bool {
    guard let first = needle.first, count >= needle.count else { return needle.isEmpty }
    for start in 0...(count - needle.count) where self[start] == first {
      if self[start..<start + needle.count].elementsEqual(needle) { return true }
    }
    return false
  }
}
