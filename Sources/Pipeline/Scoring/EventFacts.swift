/// What the first half of the scoring found out of one event: the statistics, and the numbers behind them that
/// rules compare and texts quote.
public struct EventFacts: Sendable {
  public internal(set) var statistics = StatisticValues()
  public internal(set) var id: Int64 = 0
  public internal(set) var time = 0.0
  public internal(set) var hasRealTime = true
  public internal(set) var amount = 0.0
  public internal(set) var category: Int32 = 0

  // Counts include this event.
  var orders1h = 0
  var orders6h = 0
  var orders24h = 0
  var orders7d = 0
  /// Usual orders a day, before the last 24 h.
  var usualDaily = Double.nan
  var expected1h = Double.nan
  var amount24h = 0.0
  var smallOrders24h = 0
  /// Earlier events of the customer.
  var earlier = 0
  /// Own median; with little history mixed with the population's.
  var usualAmount = Double.nan
  /// Spread of the own amounts relative to the usual amount.
  var amountVariation = 1.0
  /// What is usual in this category, of the customer and of all.
  var usualInCategory = Double.nan
  var earlierInCategory = 0
  var distance = Double.nan
  var usualDistance = Double.nan
  var counterparties = 0
  var accountAgeDays = Double.nan
  var hour = 0
  /// Of the customer's earlier events, those within an hour of this hour of the day.
  var earlierAroundHour = 0
  /// Orders that piled up at hours unlike the customer, and the days since the first of them.
  var oddHourOrders = 0
  var oddHourDays = 0.0
  /// From the event before.
  var travelKilometres = Double.nan
  var travelMinutes = Double.nan
  /// Natural logarithm of the odds that outcomes at the counterparty and of the customer tell, at least 0.
  public internal(set) var counterpartyFeedback = 0.0
  public internal(set) var customerFeedback = 0.0

  var travelSpeed: Double { travelKilometres / (travelMinutes / 60) }
}
