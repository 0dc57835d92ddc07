/// That a person set the level that a run published.
public struct LevelSetting: Sendable, Hashable {
  /// What the scoring said.
  public let scored: RiskLevel
  public let setBy: String
  /// When it ends, seconds since 1970; the level stands until the run after that.
  public let until: Double

  public init(scored: RiskLevel, setBy: String, until: Double) {
    self.scored = scored
    self.setBy = setBy
    self.until = until
  }

  /// Columns `scored_level`, `level_set_by` and `level_set_until` as three texts of a row, the last as seconds since 1970.
  init?(_ scored: String?, _ setBy: String?, _ until: Double?) {
    guard let scored = scored.flatMap(RiskLevel.init(rawValue:)), let setBy else { return nil }
    self.init(scored: scored, setBy: setBy, until: until ?? 0)
  }

  /// Where a level comes from where it is not the score's, in short clauses; empty where it is.
  /// - Parameters:
  ///   - setting: what the last run published of it.
  ///   - published: the level the last run published.
  ///   - override: what holds at this moment and counts from the next run on.
  ///   - now: nil: what was published is told as it stood then, of a case that is closed.
  ///   - time: how moments are written.
  public static func words(
    _ setting: LevelSetting?, published: RiskLevel, override: LevelOverride?, now: Double?,
    time: (Double) -> String
  ) -> [String] {
    var words: [String] = []
    switch (setting, override) {
    case (nil, nil): return []
    case (let setting?, let override?) where override.level == published:
      return ["set by \(override.madeBy) until \(time(override.until))", "scored \(setting.scored.rawValue)"]
    case (let setting?, nil) where now == nil:
      return ["set by \(setting.setBy) until \(time(setting.until))", "scored \(setting.scored.rawValue)"]
    case (let setting?, _):
      let isOver = now.map { setting.until <= $0 } ?? false
      let end = isOver ? "expired \(time(setting.until))" : "ended since"
      let what = override == nil ? end : "changed since"
      words.append("\(published.rawValue) set by \(setting.setBy), \(what)")
      words.append("counts until the next run")
      words.append("scored \(setting.scored.rawValue)")
    case (nil, _): words.append("scored \(published.rawValue)")
    }
    if let override {
      words.insert(
        "set to \(override.level.rawValue) by \(override.madeBy) until \(time(override.until))", at: 0)
      words.insert("from the next run on", at: 1)
    }
    return words
  }
}
