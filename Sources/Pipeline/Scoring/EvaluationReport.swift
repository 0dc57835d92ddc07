/// How well a ruleset ranks known frauds; every figure is measured on the ranked days alone.
public struct EvaluationReport: Sendable, Codable, Hashable {
  /// Area under the ROC curve and average precision; nil where there is no fraud, or nothing else.
  public struct Ranking: Sendable, Codable, Hashable {
    public var count: Int
    public var frauds: Int
    public var areaUnderCurve: Double?
    public var averagePrecision: Double?

    init(_ scores: [Double], _ labels: [Bool]) {
      count = labels.count
      frauds = labels.count { $0 }
      areaUnderCurve = RankingMetrics.areaUnderCurve(scores, labels)
      averagePrecision = RankingMetrics.averagePrecision(scores, labels)
    }
  }

  /// A line of a table: a scenario, a factor.
  public struct Named: Sendable, Codable, Hashable {
    public var name: String
    public var ranking: Ranking
  }

  /// A level or a bin of predicted values.
  public struct Bin: Sendable, Codable, Hashable {
    public var name: String
    public var count: Int
    public var frauds: Int
    /// The mean composite or probability, in the tables of reliability.
    public var predicted: Double?

    public var share: Double { count == 0 ? 0 : Double(frauds) / Double(count) }
  }

  public var name: String
  public var events: Ranking
  /// A customer's day ranks as its highest event.
  public var customerDays: Ranking
  /// A customer ranks as the highest standing.
  public var customers: Ranking
  /// Mean over the days of the share of frauds among the first so many customers of the day.
  public var dailyCapacity: Int
  public var precisionAtCapacity: Double
  /// Frauds of one kind against everything that is no fraud.
  public var scenarios: [Named]
  /// Each factor's own evidence alone.
  public var factors: [Named]
  public var levels: [Bin]
  /// What came true by bins of the composite, or with a scorecard of the probability it predicts.
  public var reliability: [Bin]
  /// `composite` or `probability`.
  public var reliabilityOf: String

  init(
    name: String, _ scored: [Evaluation.Scored], dailyCapacity: Int, ruleset: Ruleset,
    card: (card: Scorecard, unit: Double)?
  ) {
    self.name = name
    self.dailyCapacity = dailyCapacity
    let labels = scored.map(\.isFraud)
    events = Ranking(scored.map(\.score), labels)

    struct Entry {
      var score = -Double.infinity
      var isFraud = false

      mutating func add(_ score: Double, _ isFraud: Bool) {
        self.score = max(self.score, score)
        self.isFraud = self.isFraud || isFraud
      }
    }
    struct CustomerDay: Hashable {
      var day: Int
      var customer: Int64
    }
    var days: [CustomerDay: Entry] = [:]
    var people: [Int64: Entry] = [:]
    for event in scored {
      days[CustomerDay(day: event.day, customer: event.customer), default: Entry()].add(
        event.score, event.isFraud)
      people[event.customer, default: Entry()].add(event.standing, event.isFraud)
    }
    customerDays = Ranking(days.values.map(\.score), days.values.map(\.isFraud))
    customers = Ranking(people.values.map(\.score), people.values.map(\.isFraud))
    let byDay = Dictionary(grouping: days, by: \.key.day).values
    let precisions = byDay.map { day in
      // Equal scores go by the customer's id, which knows nothing of frauds.
      let first = day.sorted { ($1.value.score, $0.key.customer) < ($0.value.score, $1.key.customer) }
        .prefix(dailyCapacity)
      return Double(first.count { $0.value.isFraud }) / Double(dailyCapacity)
    }
    precisionAtCapacity = precisions.isEmpty ? 0 : precisions.reduce(0, +) / Double(precisions.count)

    scenarios = Set(scored.compactMap(\.kind)).sorted().map { kind in
      let part = scored.filter { !$0.isFraud || $0.kind == kind }
      return Named(name: kind, ranking: Ranking(part.map(\.score), part.map(\.isFraud)))
    }
    factors = Factor.allCases.map { factor in
      Named(name: factor.rawValue, ranking: Ranking(scored.map { $0.factors[factor.index] }, labels))
    }
    levels = RiskLevel.allCases.map { level in
      let part = scored.filter { ruleset.level($0.composite) == level }
      return Bin(name: level.rawValue, count: part.count, frauds: part.count { $0.isFraud })
    }
    if let card {
      reliabilityOf = "probability"
      reliability = Self.reliability(
        scored, scored.map { Mathematics.logistic(card.card.intercept + $0.score / card.unit) },
        [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9, 1.0001])
    } else {
      reliabilityOf = "composite"
      reliability = Self.reliability(
        scored, scored.map(\.composite), [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0001])
    }
  }

  private static func reliability(
    _ scored: [Evaluation.Scored], _ predictions: [Double], _ bounds: [Double]
  ) -> [Bin] {
    zip(bounds, bounds.dropFirst()).map { low, high in
      var bin = Bin(
        name: "\(EvidenceWords.number(low)) to \(EvidenceWords.number(min(1, high)))", count: 0, frauds: 0)
      var sum = 0.0
      for (event, prediction) in zip(scored, predictions) where prediction >= low && prediction < high {
        bin.count += 1
        sum += prediction
        if event.isFraud { bin.frauds += 1 }
      }
      bin.predicted = bin.count > 0 ? sum / Double(bin.count) : nil
      return bin
    }
  }

  /// The report as text with bars.
  public var text: String {
    func decimal(_ number: Double?, _ digits: Int = 4) -> String {
      guard let number else { return "-" }
      let scale = digits == 4 ? 10_000.0 : 1_000
      let whole = Int((abs(number) * scale).rounded())
      var rest = String(whole % Int(scale))
      while rest.count < digits { rest = "0" + rest }
      return (number < 0 ? "-" : "") + "\(whole / Int(scale)).\(rest)"
    }
    func bar(_ share: Double) -> String { String(repeating: "█", count: Int((share * 30).rounded())) }
    func line(_ name: String, _ ranking: Ranking) -> String {
      padded(name, 16) + right("\(ranking.count)", 9) + right("\(ranking.frauds)", 8)
        + right(decimal(ranking.areaUnderCurve), 9) + right(decimal(ranking.averagePrecision), 9) + "  "
        + bar(ranking.averagePrecision ?? 0) + "\n"
    }
    let head = padded("", 16) + "    count  frauds      AUC       AP\n"
    var text = "ruleset \(name)\n\n" + head
    text += line("events", events) + line("customer-days", customerDays) + line("customers", customers)
    text += "precision at \(dailyCapacity) customers a day: \(decimal(precisionAtCapacity))\n"
    text += "\nby scenario, against all that is no fraud\n" + head
    for scenario in scenarios { text += line(scenario.name, scenario.ranking) }
    text += "\nby the evidence of one factor alone\n" + head
    for factor in factors { text += line(factor.name, factor.ranking) }
    text += "\nprecision by level of the event\n"
    for level in levels {
      text +=
        padded(level.name, 16) + right("\(level.count)", 9) + right("\(level.frauds)", 8)
        + right(decimal(level.share), 9) + "  " + bar(level.share) + "\n"
    }
    if !reliability.isEmpty {
      text +=
        reliabilityOf == "composite"
        ? "\nreliability: composite of the event, its mean and the true share of fraud\n"
        : "\nreliability: predicted and true share of fraud\n"
      text += padded("", 16) + "    count  frauds     mean    share\n"
      for bin in reliability {
        text +=
          padded(bin.name, 16) + right("\(bin.count)", 9) + right("\(bin.frauds)", 8)
          + right(decimal(bin.predicted), 9) + right(decimal(bin.share), 9) + "  " + bar(bin.share) + "\n"
      }
    }
    return text
  }
}
