import Pipeline

/// A column of a list: what it shows and how, as data.
struct Column: Sendable, Hashable {
  enum Alignment: Sendable, Hashable {
    case left, right
  }

  /// How wide the column is, in terminal columns.
  enum WidthRule: Sendable, Hashable {
    case fixed(Int)
    /// As wide as its widest value, within these bounds.
    case fit(minimum: Int, maximum: Int)
    /// What is left over, at least this much.
    case rest(minimum: Int)
  }

  /// Its name in the table.
  let name: String
  let title: String
  let kind: ValueColumn.Kind
  var width: WidthRule
  var alignment: Alignment
  var format: ValueFormat
  var isVisible: Bool
  /// Colours by bounds; ascending.
  var thresholds: [Threshold]

  init(
    name: String, title: String? = nil, kind: ValueColumn.Kind, width: WidthRule? = nil,
    alignment: Alignment? = nil, format: ValueFormat? = nil, isVisible: Bool? = nil,
    thresholds: [Threshold] = []
  ) {
    self.name = name
    self.title = title ?? Self.title(ofName: name)
    self.kind = kind
    self.width = width ?? .fit(minimum: kind == .text ? 6 : 4, maximum: kind == .text ? 32 : 20)
    self.alignment = alignment ?? (kind == .number ? .right : .left)
    // Where nobody named a format a number stands as it is: nobody can tell 9,999 from 10,001 in "10.0k".
    self.format = format ?? .plain
    // It shows as the mark of the level.
    self.isVisible = isVisible ?? (name != CustomerListFields.levelSetByHand)
    self.thresholds = thresholds.sorted { $0.from < $1.from }
  }

  /// The level in force of a customer, which a person may have set.
  var isLevel: Bool { name == "risk_level" || name == "level_now" }

  /// The title, or the name where the screen shows none.
  var spokenTitle: String { title.isEmpty ? Self.title(ofName: name) : title }

  /// `customer_segment` becomes `Customer segment`.
  static func title(ofName name: String) -> String {
    if let short = shortTitles[name] { return short }
    let words = name.split(separator: "_").joined(separator: " ")
    guard let first = words.first else { return name }
    let title = first.uppercased() + words.dropFirst()
    return title.hasSuffix(" id") ? title.dropLast(2) + "ID" : title
  }

  /// Titles of the columns one meets everywhere, short so that more of them fit.
  private static let shortTitles: [String: String] = [
    "customer_id": "ID", "full_name": "Name", "risk_level": "Level", "composite_risk_score": "Risk",
    "total_spent": "Spent", "total_orders": "Orders", "customer_segment": "Segment", "value_tier": "Tier",
    "customer_tier": "VIP tier", "customer_activity_score": "Activity", "primary_risk_factor": "Main factor",
    "retention_status": "Retention", "last_order_at": "Last order", "avg_order_value": "Average order",
    "vip": "VIP", "action_required": "Action", "investigation_priority": "Priority",
    "lifecycle_stage": "Lifecycle",
  ]

}

/// The order of a list's rows.
struct SortOrder: Sendable, Hashable {
  var column: String
  var isDescending: Bool
}

/// What a value says by its colour.
enum ToneRule {
  /// The tone of a number among thresholds; nil below the first.
  static func tone(of number: Double, in thresholds: [Threshold]) -> Threshold.Tone? {
    thresholds.last { number >= $0.from }?.tone
  }

  /// The tone of the words the marts and the run log use for levels and states.
  static func tone(ofWord word: String) -> Threshold.Tone? { tonesOfWords[word] }

  private static let tonesOfWords: [String: Threshold.Tone] = {
    let words: [(Threshold.Tone, [String])] = [
      (
        .danger,
        ["critical", "failed", "fail", "error", "crashed", "BLOCK_IMMEDIATELY", "Lost Customer"]
      ),
      (.warning, ["high", "warn", "warning", "MANUAL_REVIEW", "cancelled", "At Risk Customer"]),
      (.good, ["low", "success", "pass", "Stable"]),
    ]
    var tones: [String: Threshold.Tone] = [:]
    for (tone, words) in words {
      for word in words { tones[word] = tone }
    }
    return tones
  }()

  static func role(_ tone: Threshold.Tone) -> Role {
    switch tone {
    case .good: .good
    case .neutral: .neutral
    case .warning: .warning
    case .danger: .danger
    }
  }
}

extension Column {
  /// The role a value of this column is written in.
  func role(of value: Value) -> Role {
    switch value {
    case .null: return .null
    case .text(let word): return ToneRule.tone(ofWord: word).map(ToneRule.role) ?? .text
    case .boolean: return .text
    case .integer, .number:
      guard !thresholds.isEmpty, let number = value.number else { return .text }
      return ToneRule.tone(of: number, in: thresholds).map(ToneRule.role) ?? .text
    }
  }
}
