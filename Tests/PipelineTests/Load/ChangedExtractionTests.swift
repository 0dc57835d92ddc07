import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

/// A source that says when its rows changed: a run reads those alone and leaves the tables that reading everything leaves.
@Suite("Reading what changed")
struct ChangedExtractionTests {
  static let tables = """
    create table people (id bigint primary key, name text, device text, changed timestamptz not null, gone boolean);
    create table goods (id bigint primary key, category text);
    create table payments (id bigint primary key, person bigint, cart bigint, good bigint, category text, amount numeric,
      paid_at timestamptz, changed timestamptz not null, gone boolean);
    insert into people select n, 'Ada ' || n, 'device ' || n / 2, timestamptz '2026-01-01 00:00+00' + n * interval '1 hour', false
    from generate_series(1, 60) n;
    insert into goods values (1, 'tea'), (2, 'cakes');
    insert into payments select n, 1 + n % 60, n / 2, 1 + n % 2, case when n % 3 = 0 then 'tea' end, n,
      timestamptz '2025-06-01 00:00+00' + n * interval '1 minute', timestamptz '2026-01-01 00:00+00' + n * interval '1 hour', false
    from generate_series(1, 300) n;
    """
  static let mapping = QueryMapping(
    customers:
      "select id as customer_id, name as full_name, device, changed as changed_at, gone as deleted from people",
    orders:
      """
      select id as order_id, person as customer_id, cart as cart_id, good as product_id, category, amount as line_total,
        paid_at as ordered_at, changed as changed_at, gone as deleted from payments
      """,
    products: "select id as product_id, category from goods")

  /// Later than everything at the beginning; each step moves it on.
  static let later = "timestamptz '2026-03-01 00:00+00'"

  static func source(_ url: String) throws -> PostgresSource {
    try PostgresSource(target: url, mapping: mapping, now: 1_772_452_800)
  }

  struct Loaded: Equatable {
    var rows: [String: [String]]
    var customers: Int64
    var lines: Int64
    var orders: Int64
  }

  static func load(
    _ source: any Source, _ connection: Connection, runID: Int64, rewrites: Bool = false,
    masking: Masking = RawChangesTests.clear
  ) async throws -> (loaded: Loaded, summary: LoadSummary, read: Int64) {
    let load = RawLoad(source: source, masking: masking, runID: runID, rewrites: rewrites)
    var extractions: [RawLoad.Extraction] = []
    for kind in RawLoad.Kind.allCases { extractions.append(try await load.extract(kind, on: connection)) }
    let summary = try await load.replace(with: extractions, on: connection)
    let loaded = Loaded(
      rows: try await RawChangesTests.rows(connection), customers: summary.customers, lines: summary.lines,
      orders: summary.orders)
    return (loaded, summary, extractions.filter { $0.kind == .orders }.reduce(0) { $0 + $1.rows })
  }

  /// Changes the shop after a first load, loads what changed, and compares with a load of everything.
  /// - Returns: lines read, and rows written, for the change.
  @discardableResult
  static func check(_ change: String, inParts: Bool = false) async throws -> (read: Int64, written: Int64) {
    try await TestCluster.withSchema { connection, url in
      if inParts { try await HashPartitions.apply(to: connection) }
      try await connection.execute(tables)
      let first = try await load(try source(url), connection, runID: 1)
      #expect(first.read == 300)
      try await connection.execute(change)
      let changed = try await load(try source(url), connection, runID: 2)
      let whole = try await load(try source(url), connection, runID: 3, rewrites: true)
      #expect(changed.loaded == whole.loaded)
      #expect(changed.loaded != first.loaded)
      return (changed.read, changed.summary.written)
    }
  }

  @Test("rows that changed are read and written alone", arguments: [false, true])
  func changed(inParts: Bool) async throws {
    let done = try await Self.check(
      "update payments set amount = amount + 1, changed = \(Self.later) where person = 7", inParts: inParts)
    // Five lines of one customer, and those of the last minutes before the cursor.
    #expect(done.read <= 6 && done.written == 5)
  }

  @Test("what did not change is neither read nor written, but for the overlap")
  func unchanged() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(Self.tables)
      let first = try await Self.load(try Self.source(url), connection, runID: 1)
      let again = try await Self.load(try Self.source(url), connection, runID: 2)
      #expect(again.loaded == first.loaded)
      #expect(again.read == 1 && again.summary.written == 0)
    }
  }

  @Test("a customer and orders that are new come, whatever became of them before", arguments: [false, true])
  func added(inParts: Bool) async throws {
    try await Self.check(
      """
      insert into people values (99, 'Nia', 'device 1', \(Self.later), false);
      insert into payments values (901, 99, 901, 1, null, 5, '2025-07-01', \(Self.later), false),
        (902, 99, 901, 2, null, 6, '2025-07-01', \(Self.later), null)
      """, inParts: inParts)
  }

  @Test(
    "rows that the source marks as gone go, a customer with all that belongs to it", arguments: [false, true])
  func deleted(inParts: Bool) async throws {
    try await Self.check(
      """
      update payments set gone = true, changed = \(Self.later) where id in (10, 11);
      update people set gone = true, changed = \(Self.later) where id = 20
      """, inParts: inParts)
  }

  @Test("an order that moves to another customer leaves the former", arguments: [false, true])
  func moved(inParts: Bool) async throws {
    try await Self.check(
      "update payments set person = 3, changed = \(Self.later) where cart = 40", inParts: inParts)
  }

  @Test("lines that take their category from a product follow it, though they did not change")
  func product() async throws {
    try await Self.check("update goods set category = 'coffee' where id = 2")
  }

  @Test("orders that waited for their customer come with it")
  func orphans() async throws {
    try await Self.check(
      """
      insert into payments values (950, 77, 950, 1, 'tea', 5, '2025-07-01', \(Self.later), false);
      """ + "update people set name = 'Eve', changed = \(Self.later) where id = 1")
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(Self.tables)
      try await connection.execute("update payments set person = 77 where id = 5")
      let first = try await Self.load(try Self.source(url), connection, runID: 1)
      #expect(first.loaded.lines == 299)
      // The order is older than the cursor when its customer comes.
      try await connection.execute("insert into people values (77, 'Nia', null, \(Self.later), false)")
      let changed = try await Self.load(try Self.source(url), connection, runID: 2)
      #expect(changed.loaded.lines == 300)
      #expect(
        changed.loaded
          == (try await Self.load(try Self.source(url), connection, runID: 3, rewrites: true)).loaded)
    }
  }

  @Test("other queries, another masking key, and a load of another source have everything read")
  func ground() async throws {
    try await TestCluster.withSchema { connection, url in
      try await connection.execute(Self.tables)
      _ = try await Self.load(try Self.source(url), connection, runID: 1)
      let masked = try await Self.load(
        try Self.source(url), connection, runID: 2, masking: RawLoadTests.masking)
      #expect(masked.read == 300)
      var mapping = Self.mapping
      mapping.customers += " where id < 50"
      let fewer = try PostgresSource(target: url, mapping: mapping, now: 1_772_452_800)
      #expect(try await Self.load(fewer, connection, runID: 3).read == 300)
      _ = try await Self.load(RawChangesTests.shop(), connection, runID: 4)
      #expect(try await Self.load(fewer, connection, runID: 5).read == 300)
    }
  }

  @Test(
    "a file's rows that are no newer than the cursor are passed over, and those that are gone from it stay")
  func file() async throws {
    try await TestCluster.withSchema { connection, _ in
      let folder = try ScratchFolder()
      defer { folder.remove() }
      try Self.write(
        folder, "mapping.yml",
        """
        events: {file: t.csv, id: id, time: at, customer: who, amount: amount, cursor: changed, deleted: gone}
        """)
      let header = "id,at,who,amount,changed,gone\n"
      let old = (1...40).map { "\($0),2025-06-01T00:00:00,\($0 % 8),\($0),2026-01-01T00:00:00,\n" }
      try Self.write(folder, "t.csv", header + old.joined())
      let first = try await Self.load(try Self.files(folder), connection, runID: 1)
      #expect(first.read == 40)
      try Self.write(
        folder, "t.csv",
        header + old.dropFirst(10).dropLast().joined() + "40,2025-06-01T00:00:00,0,99,2026-01-02T00:00:00,\n"
          + "41,2025-06-02T00:00:00,9,1,2026-01-02T00:00:00,\n7,,7,,2026-01-02T00:00:00,true\n")
      let changed = try await Self.load(try Self.files(folder), connection, runID: 2)
      // One order changed, one came, one is gone; the rows that the file no longer has stay.
      #expect(changed.summary.lines == 40)
      #expect(changed.summary.written == 3)
      let whole = try await Self.load(try Self.files(folder), connection, runID: 3, rewrites: true)
      #expect(whole.summary.lines == 31)
    }
  }

  private static func write(_ folder: ScratchFolder, _ name: String, _ text: String) throws {
    try text.write(toFile: folder.path + "/" + name, atomically: true, encoding: .utf8)
  }

  private static func files(_ folder: ScratchFolder) throws -> EventFileSource {
    EventFileSource(
      EventFiles(
        folder: folder.path, mapping: try EventMapping.read("\(folder.path)/mapping.yml"), now: 1_772_452_800)
    )
  }
}
