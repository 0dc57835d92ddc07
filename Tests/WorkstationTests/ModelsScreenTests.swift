import Pipeline
import Testing

@testable import Workstation

/// The lineage of the models and the page of one, by keys.
@Suite struct ModelsScreenTests {
  @Test("M shows the models as a tree, what is read above what reads it; Enter opens a page, Esc leads back")
  func tree() throws {
    var session = try Session()
    try session.press("M")
    #expect(session.state.place == .models)
    for line in [
      "staging.raw_orders", "├─ stg_orders", "│  └─ fraud_analytics", "└─ stg_metrics",
      "   └─ fraud_analytics",
      "1 of 2 warn", "1 not run", "One row a customer.",
    ] {
      #expect(session.shows(line), "\(line)")
    }
    try session.press("j Enter")
    #expect(session.state.place == .model("stg_orders"))
    try session.press("Esc Esc")
    #expect(session.state.place == .pipeline)
  }

  @Test("a page tells meaning, columns with types and tests, neighbours and SQL")
  func page() throws {
    let session = try Session("model/stg_orders", size: Size(width: 200, height: 60))
    for text in [
      "Made from the raw tables.", "analytics.stg_orders", "models/stg_orders.sql", "fraud_analytics",
      "2 columns",
      "numeric", "What it cost.", "unique ✓, not_null !", "Tests: 1 of 2 warn",
      "└─ staging.raw_orders (source)",
      "from {{ source('staging', 'raw_orders') }}",
    ] {
      #expect(session.shows(text), "\(text)")
    }
  }

  @Test("on a small terminal Tab leads through the page; a neighbour in the lineage opens its own page")
  func small() throws {
    var session = try Session("model/stg_orders")
    #expect(session.shows("Description  One row a customer."))
    try session.press("Tab")
    #expect(session.shows("order_id"))
    try session.press("Tab Tab")
    #expect(session.shows("Lineage"))
    try session.press("G Enter")
    #expect(session.state.place == .model("fraud_analytics"))
    try session.press("Tab Tab Tab Tab")
    #expect(session.shows("a table has no SQL"))
  }

  @Test("a test of a model that did not pass leads to its rows; one that passed has none")
  func failingRows() throws {
    var session = try Session("model/stg_orders")
    try session.press("Tab Tab j Enter")
    #expect(session.state.place == .failingRows(runID: 42, test: "not_null_stg_orders_column_7"))
    try session.press("Esc k Enter")
    #expect(session.state.place == .model("stg_orders"))
    #expect(session.shows("Status"))
  }

  @Test("the palette finds the models, and each of them once they were read; an unknown one is told")
  func palette() throws {
    var session = try Session("fraud")
    try session.press(": \"lineage\" Enter")
    #expect(session.state.place == .models)
    try session.press("Esc : \"stg_met\" Enter")
    #expect(session.state.place == .model("stg_metrics"))
    #expect(try Session("model/nothing").shows("there is no model, seed or source nothing"))
  }
}
