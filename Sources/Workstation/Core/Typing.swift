/// A screen that takes keys as text while the analyst types.
protocol Typing {
  /// - Returns: False where the key has its usual meaning.
  mutating func type(_ key: Key, _ turn: inout Turn) -> Bool
  /// - Returns: False where the screen takes no text now.
  mutating func paste(_ text: String) -> Bool
  /// The keys that matter while one types, for the footer; nil: nothing is typed now.
  var typingHints: [(key: String, title: String)]? { get }
}
