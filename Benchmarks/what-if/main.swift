// Times what the what-if screen does between two keys: all scores put together with other numbers.
//
//   WhatIfBenchmark RULES

import Glibc
import Pipeline

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let rules = CommandLine.arguments.dropFirst().first ?? "queries/risk"
let ruleset = try RulesetFiles.read(rules).ruleset
let names = ruleset.numbers.filter { $0.group == .weights || $0.group == .rules }.map(\.name)

struct Generator {
  var state: UInt64

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}

var generator = Generator(state: 42)

for count in [100_000, 1_000_000] {
  var builder = WhatIf.Builder(ruleset: ruleset)
  for id in 1...count {
    var evidences = ""
    var score = 0.0
    for _ in 0..<(1 + generator.next(8)) {
      let contribution = Double(1 + generator.next(600)) / 100
      score += contribution
      evidences += "\(names[generator.next(names.count)]) \(contribution) "
    }
    let level = ruleset.level(ruleset.customerScale.composite(score)).rawValue
    builder.add(
      customer: Int64(id), level: level, score: score, evidences: Substring(evidences),
      isFraud: id % 100 == 0 ? id % 200 == 0 : nil)
  }
  let model = builder.finish()
  var times: [Double] = []
  var moved = 0
  for step in 1...21 {
    var tuning = RulesetTuning()
    tuning.set(RulesetNumber(.weights, "orders_1h"), to: 1 + Double(step) / 10, in: ruleset)
    tuning.set(RulesetNumber(.levels, "high"), to: 0.6 - Double(step) / 200, in: ruleset)
    let start = seconds()
    let outcome = model.outcome(tuning)
    times.append((seconds() - start) * 1_000)
    moved = outcome.up + outcome.down
  }
  times.sort()
  print(
    "\(count) customers: median \((times[10] * 10).rounded() / 10) ms, worst \((times[20] * 10).rounded() / 10) ms, "
      + "\(moved) change level")
}
