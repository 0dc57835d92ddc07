/// How long an attempt of a task may take, as people write it: `load=60s`, `score=5m`, `publish=1h`.
public enum TaskTimeouts {
  /// The variable that names them for every run, parted by commas.
  public static let variable = "RISKDECK_TASK_TIMEOUTS"

  /// Reads limits; a later one of a task counts. Whether a task exists is the run's to say.
  /// - Parameter words: each `TASK=LENGTH`, a length in seconds or with `s`, `m` or `h` behind it.
  /// - Returns: seconds by task.
  /// - Throws: ``RunError`` that names the word.
  public static func read(_ words: [String]) throws(RunError) -> [String: Double] {
    var timeouts: [String: Double] = [:]
    for word in words {
      guard let equals = word.firstIndex(of: "="), equals > word.startIndex,
        let seconds = seconds(word[word.index(after: equals)...])
      else {
        throw RunError(.invalid, "\(word) is no limit; write TASK=LENGTH such as load=60s, score=5m")
      }
      timeouts[String(word[..<equals])] = seconds
    }
    return timeouts
  }

  /// Reads a list parted by commas.
  /// - Throws: ``RunError`` that names the word.
  public static func read(list: String) throws(RunError) -> [String: Double] {
    let words = list.split(separator: ",").map { word in
      String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    return try read(words.filter { !$0.isEmpty })
  }

  /// The longest limit: 30 days, in seconds.
  public static let longest = 2_592_000.0

  /// True for more than nothing and no more than ``longest``.
  public static func isLimit(_ seconds: Double) -> Bool { seconds > 0 && seconds <= longest }

  private static func seconds(_ length: Substring) -> Double? {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600]
    let unit = length.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? length : length.dropLast()) else { return nil }
    let seconds = number * (unit ?? 1)
    return isLimit(seconds) ? seconds : nil
  }
}
