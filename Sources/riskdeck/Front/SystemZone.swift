import Glibc
import Workstation

extension DisplayZone {
  /// The zone of the system or of the variable TZ, with its changes of the clock from 1990 to 2060.
  static func ofSystem() -> DisplayZone {
    tzset()
    let start: time_t = 631_152_000  // 1990-01-01
    let end: time_t = 2_840_140_800  // 2060-01-01
    let step: time_t = 20 * 86_400
    var transitions: [Transition] = []
    var (before, shown) = (start, offset(at: start))
    while before < end {
      let after = before + step
      let next = offset(at: after)
      if shown != next {
        // No zone changes its clock twice within twenty days.
        var (low, high) = (before, after)
        while high - low > 1 {
          let middle = low + (high - low) / 2
          if offset(at: middle) == shown { low = middle } else { high = middle }
        }
        transitions.append(Transition(from: Double(high), offset: offset(at: high)))
      }
      (before, shown) = (after, next)
    }
    return DisplayZone(name: name(at: time(nil)), initialOffset: offset(at: start), transitions: transitions)
  }

  private static func local(_ moment: time_t) -> tm {
    var moment = moment
    var result = tm()
    localtime_r(&moment, &result)
    return result
  }

  private static func offset(at moment: time_t) -> Int { local(moment).tm_gmtoff }

  /// Such as `CET`; the offset where the zone has no name in letters.
  private static func name(at moment: time_t) -> String {
    let name = local(moment).tm_zone.map { String(cString: $0) } ?? "UTC"
    guard let first = name.first, first == "+" || first == "-" else { return name }
    return "UTC" + name
  }
}
