import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// Collects what an export writes.
final class Written: Sendable {
  private let pieces = Mutex<[String]>([])
  var write: @Sendable (String) throws -> Void { { text in self.pieces.withLock { $0.append(text) } } }
  var text: String { pieces.withLock { $0.joined() } }
  var largest: Int { pieces.withLock { $0.map(\.utf8.count).max() ?? 0 } }
}

@Suite("Export of rows")
struct RowExportTests {
  /// Every type and every awkward text, more rows than one piece holds.
  private static let table = """
    create table analytics."odd ""table" as
    select n as id, (n - 5000) * 1.10 as amount, n / 7.0::float8 as share, n % 3 = 0 as flag,
      (array['plain', '=1+1', '-n', '', 'a,b', 'say "hi"', E'two\\nlines', E'\\ttab', E'\\rcr', '\\.', '@x', '+1', null, 'é日🙂'])[n % 14 + 1] as note,
      timestamptz '2026-11-24 20:00:00+00' + n * interval '1.5 seconds' as at, date '2026-01-01' + n as day,
      jsonb_build_object('n', n, 't', E'a\\nb') as facts, array[n, null] as numbers,
      case when n % 5 = 0 then 'NaN'::numeric end as nothing
    from generate_series(1, 20000) n;
    grant select on all tables in schema analytics to riskdeck_viewer
    """

  private func copied(_ connection: Connection) async throws -> String {
    try await connection.beginCopyOut(
      "copy analytics.\"odd \"\"table\" to stdout (format csv, header)")
    var bytes: [UInt8] = []
    while let piece = try await connection.copyRead() { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("CSV is COPY's to the byte, and the default differs by apostrophes before formulas alone")
  func csv() async throws {
    try await TestCluster.withSchema { _, url in
      let connection = try await Connection.open(url)
      try await connection.execute(Self.table)
      let copy = try await copied(connection)
      let raw = Written()
      let rows = try await RowExport.table(
        "odd \"table", as: ExportFormat.csv.formatter(title: "", isRaw: true), from: connection,
        write: raw.write)
      #expect(rows == 20_000)
      let isSame = raw.text == copy
      #expect(isSame)
      let safe = Written()
      _ = try await RowExport.table(
        "odd \"table", as: ExportFormat.csv.formatter(title: ""), from: connection, write: safe.write)
      let lines = (safe: safe.text.split(separator: "\n"), copy: copy.split(separator: "\n"))
      try #require(lines.safe.count == lines.copy.count)
      let changed = zip(lines.safe, lines.copy).filter { $0 != $1 }
      // Of fourteen kinds of text six look like a formula: 1,428 whole rounds and four of the last.
      let expected: Int = 1_428 * 6 + 4
      #expect(changed.count == expected)
      let isOnlyMarked = changed.allSatisfy { safe, copy in
        safe.replacing(",'", with: ",").replacing("\"'", with: "\"") == copy
      }
      #expect(isOnlyMarked)
      // No piece grows with the table.
      #expect(safe.largest < 1 << 17)
      await connection.close()
    }
  }

  @Test("every line of NDJSON is a JSON object")
  func ndjson() async throws {
    try await TestCluster.withSchema { _, url in
      let connection = try await Connection.open(url)
      try await connection.execute(Self.table)
      let written = Written()
      _ = try await ReadOnlyQuery.export(
        "select * from analytics.\"odd \"\"table\" where id <= :most::int order by id",
        parameters: ["most": "100"],
        as: ExportFormat.ndjson.formatter(title: ""), from: connection, write: written.write)
      let lines = written.text.split(separator: "\n")
      #expect(lines.count == 100)
      for line in lines {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["facts"] is [String: Any])
        #expect(object?["flag"] is Bool)
      }
      await connection.close()
    }
  }

  @Test("no rows still have their columns")
  func empty() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let written = Written()
      let rows = try await ReadOnlyQuery.export(
        "select 1 as a, 2 as b where false", as: ExportFormat.csv.formatter(title: ""), from: connection,
        write: written.write)
      #expect(rows == 0)
      #expect(written.text == "a,b\n")
      await connection.close()
    }
  }

  @Test("a table that is not there, an error in the middle and a full disk end it, and the session can go on")
  func failures() async throws {
    try await TestCluster.withDatabase { url in
      let connection = try await Connection.open(url)
      let csv = ExportFormat.csv.formatter(title: "")
      let written = Written()
      await #expect(throws: DeskError.self) {
        try await RowExport.table("nowhere", as: csv, from: connection, write: written.write)
      }
      await #expect(throws: PostgresError.self) {
        try await ReadOnlyQuery.export(
          "select 1 / (n - 3000) from generate_series(1, 5000) n", as: csv, from: connection,
          write: written.write)
      }
      await #expect(throws: PrivacyError.self) {
        try await ReadOnlyQuery.export(
          "select repeat('x', 1000) from generate_series(1, 100000)", as: csv, from: connection
        ) { _ in throw PrivacyError(code: .file, path: "a.csv", problem: "disk full") }
      }
      #expect(try await connection.isInTransaction == false)
      #expect(try await connection.query("select 1").first?[0] == "1")
      await connection.close()
    }
  }
}
