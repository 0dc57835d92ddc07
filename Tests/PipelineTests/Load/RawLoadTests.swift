import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("Loading the raw tables")
struct RawLoadTests {
  static let masking = Masking(key: MaskingKey(bytes: Array("a key of the tests".utf8)))

  @Test("the sample data load whole, and their revenue is exact")
  func sampleData() async throws {
    guard let users = Repository.testData("dummyjson/users.json") else { return }
    let source = JSONFiles(folder: String(users.dropLast("/users.json".count)))
    try await TestCluster.withSchema { connection, _ in
      let summary = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      #expect(summary.customers == 208)
      #expect(summary.orders == 208)
      #expect(summary.lines == 800)
      #expect(summary.products == 194)
      #expect(summary.rejects == 0)
      #expect(summary.hasSyntheticTimes)
      let row = try await connection.query(
        """
        select sum(line_total), count(category), count(distinct cart_id), max(ordered_at) < '2026-01-01'
        from staging.raw_orders
        """
      ).first
      #expect(row?[0] == "3456709.58")
      #expect(row?[1] == "800")
      #expect(row?[2] == "208")
      #expect(row?[3] == "t")
      var again = try await RawLoad(source: source, masking: Self.masking, runID: 2).run(on: connection)
      #expect(again.written == 0)
      again.written = summary.written
      #expect(again == summary)
      let reports = try await RawValidation.run(on: connection, runID: 2)
      #expect(reports.filter { $0.severity != "info" && $0.failures > 0 } == [])
    }
  }

  @Test("the demo data load without a reject, with known frauds and real times")
  func demo() async throws {
    let source = DemoSource(DemoSettings(customers: 300, seed: 1))
    let collected = try await Collected(source)
    try await TestCluster.withSchema { connection, _ in
      let summary = try await RawLoad(source: source, masking: Self.masking, runID: 1).run(on: connection)
      #expect(summary.customers == 300)
      #expect(summary.lines == Int64(collected.lines.count))
      #expect(summary.orders == Int64(Set(collected.lines.map(\.cartID)).count))
      #expect(summary.labels == Int64(collected.labels.count))
      #expect(summary.rejects == 0)
      #expect(!summary.hasSyntheticTimes)
      let total = collected.lines.reduce(0) { $0 + $1.lineTotal.units }
      let row = try await connection.query(
        "select sum(line_total), min(ordered_at) >= '2025-01-01' and max(ordered_at) < '2026-01-01' from staging.raw_orders"
      ).first
      #expect(row?[0] == Hundredths(units: total).description)
      #expect(row?[1] == "t")
      let reports = try await RawValidation.run(on: connection, runID: 1)
      #expect(reports.filter { $0.severity == "critical" && $0.failures > 0 } == [])
    }
  }
}
