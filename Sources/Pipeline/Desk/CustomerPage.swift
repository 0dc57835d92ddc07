/// Everything the workstation shows of one customer (Customer 360).
public struct CustomerPage: Sendable, Hashable {
  public let customerID: Int64
  /// Identity and mart columns in reading order: caption and value.
  public let facts: [Fact]
  public let score: CustomerScore?
  /// Newest first, at most 500; `hasMoreOrders` says whether that cut the list.
  public let orders: [OrderLine]
  public let hasMoreOrders: Bool
  /// Composite scores of past publications, oldest first.
  public let scoreHistory: [ScorePoint]
  /// Customers of the same segment nearest in money spent, this one left out; columns out of
  /// ``CustomerListFields/all``, `customer_id` among them.
  public let peers: ValueTable
  /// Further tables of the page in their order, such as cases, notes or customers of the same device. A row with a
  /// `customer_id` opens that customer.
  public let sections: [Section]
  /// What a person says the level is at this moment, published yet or not.
  public let override: LevelOverride?

  /// A table of the page under its own heading.
  public struct Section: Sendable, Hashable {
    /// Unique within the page.
    public let title: String
    public let table: ValueTable

    public init(title: String, table: ValueTable) {
      self.title = title
      self.table = table
    }
  }

  /// The composite score as one run published it.
  public struct ScorePoint: Sendable, Hashable {
    public let runID: Int64
    /// Seconds since 1970, UTC.
    public let publishedAt: Double
    /// 0 to 1.
    public let composite: Double

    public init(runID: Int64, publishedAt: Double, composite: Double) {
      self.runID = runID
      self.publishedAt = publishedAt
      self.composite = composite
    }
  }

  public struct Fact: Sendable, Hashable {
    public let caption: String
    public let value: Value
    public let format: ValueFormat

    public init(caption: String, value: Value, format: ValueFormat) {
      self.caption = caption
      self.value = value
      self.format = format
    }
  }

  /// One line of an order.
  public struct OrderLine: Sendable, Hashable {
    public let cartID: Int64
    /// Seconds since 1970, UTC.
    public let orderedAt: Double
    public let isSyntheticTime: Bool
    public let product: String?
    public let category: String?
    public let quantity: Int64
    public let lineTotal: Double

    public init(
      cartID: Int64, orderedAt: Double, isSyntheticTime: Bool, product: String?, category: String?,
      quantity: Int64, lineTotal: Double
    ) {
      self.cartID = cartID
      self.orderedAt = orderedAt
      self.isSyntheticTime = isSyntheticTime
      self.product = product
      self.category = category
      self.quantity = quantity
      self.lineTotal = lineTotal
    }
  }

  public init(
    customerID: Int64, facts: [Fact], score: CustomerScore?, orders: [OrderLine], hasMoreOrders: Bool,
    scoreHistory: [ScorePoint] = [], peers: ValueTable = ValueTable(columns: [], rows: []),
    sections: [Section] = [], override: LevelOverride? = nil
  ) {
    self.override = override
    self.customerID = customerID
    self.facts = facts
    self.score = score
    self.orders = orders
    self.hasMoreOrders = hasMoreOrders
    self.scoreHistory = scoreHistory
    self.peers = peers
    self.sections = sections
  }
}

/// A customer's published score with its reasons.
public struct CustomerScore: Sendable, Hashable {
  /// Unbounded, for ordering: the sum of all contributions.
  public let score: Double
  /// 0 to 1.
  public let composite: Double
  /// The level in force.
  public let level: String
  /// Nil: the level is the score's own.
  public let setting: LevelSetting?
  public let action: String
  public let investigationPriority: Int64
  public let primaryFactor: String?
  /// The six factors in reading order; nil: not evaluated for want of data.
  public let factors: [FactorScore]
  /// Largest contribution first.
  public let evidences: [ShownEvidence]
  public let rulesetVersion: String

  public struct FactorScore: Sendable, Hashable {
    public let factor: String
    /// 0 to 1, or nil: not evaluated.
    public let score: Double?

    public init(factor: String, score: Double?) {
      self.factor = factor
      self.score = score
    }
  }

  /// One reason in words.
  public struct ShownEvidence: Sendable, Hashable {
    public let factor: String
    public let name: String
    public let contribution: Double
    public let text: String

    public init(factor: String, name: String, contribution: Double, text: String) {
      self.factor = factor
      self.name = name
      self.contribution = contribution
      self.text = text
    }
  }

  public init(
    score: Double, composite: Double, level: String, action: String, investigationPriority: Int64,
    primaryFactor: String?, factors: [FactorScore], evidences: [ShownEvidence], rulesetVersion: String,
    setting: LevelSetting? = nil
  ) {
    self.setting = setting
    self.score = score
    self.composite = composite
    self.level = level
    self.action = action
    self.investigationPriority = investigationPriority
    self.primaryFactor = primaryFactor
    self.factors = factors
    self.evidences = evidences
    self.rulesetVersion = rulesetVersion
  }
}

extension CustomerPage {
  /// Where the level comes from where it is not the score's, as ``LevelSetting/words``.
  public func levelWords(at now: Double, time: (Double) -> String) -> [String] {
    guard let score, let published = RiskLevel(rawValue: score.level) else { return [] }
    return LevelSetting.words(
      score.setting, published: published, override: override, now: now, time: time)
  }
}
