extension Keymap {
  /// docs/keys.md: the key table as a page, so that the two cannot part.
  public var documentation: String {
    var page = """
      # Keys

      The keys as they are without a configuration. `?` shows those of the screen you are on, with the reason where
      one does nothing at the moment; `:` finds every action by a few of its letters.

      Change them in the configuration's `keys` entry, by the names in the last column. A key that you give to an action
      is taken from the action that had it; two actions of yours that want the same key are reported at the start:

      ```yaml
      keys:
        sort: o
        refresh: [ctrl-r, f5]
        mouse: []          # no key
      ```

      Names of keys: single characters, `space`, `enter`, `esc`, `tab`, `shift-tab`, `up`, `down`, `left`, `right`,
      `home`, `end`, `pgup`, `pgdn`, `backspace`, `delete`, `insert`, `f1` to `f24`, `ctrl-a` to `ctrl-z`.

      """
    for group in KeyGroup.allCases {
      page += "\n## \(group.rawValue)\n\n| keys | what they do | where | name |\n|---|---|---|---|\n"
      for binding in bindings where binding.group == group {
        let keys = binding.keys.map { "`\($0.name == "|" ? "\\|" : $0.name)`" }.joined(separator: " ")
        page += "| \(keys) | \(binding.summary) | \(binding.place) | `\(binding.action.rawValue)` |\n"
      }
    }
    page += """

      ## Filter lines

      `f` and `/`, the customer list and every card understand the same words; all conditions must hold.

      | word | keeps rows where |
      |---|---|
      | `text` | any column holds the text (customer list: the name; a number is an id) |
      | `level:high` | the column holds the text; a part of the column's name is enough |
      | `level=high` | the column is equal to the text |
      | `spent>1000` `spent>=1000` `spent<1000` `spent<=1000` | the number compares so |
      | `name=null` | the column is NULL |
      | `/^a.*z$/` `name:/^a/` | the regular expression is found |
      | `!level:low` | the condition does not hold |
      | `"two words"` | quotes hold spaces together |

      """
    return page
  }
}

extension KeyBinding {
  fileprivate var place: String {
    if contexts.contains(.everywhere) { return "everywhere" }
    return KeyContext.allCases.filter { contexts.contains($0) }.map(\.rawValue).joined(separator: ", ")
  }
}
