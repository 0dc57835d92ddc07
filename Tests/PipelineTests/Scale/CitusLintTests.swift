import Foundation
import TestSupport
import Testing

/// `scripts/check_citus.py` on SQL that Citus refuses, and on this repository.
@Suite("The lint for Citus")
struct CitusLintTests {
  private static func check(_ folder: String) throws -> (status: Int32, output: String) {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    program.arguments = ["python3", Repository.path("scripts/check_citus.py"), folder]
    program.currentDirectoryURL = URL(fileURLWithPath: Repository.path(""))
    let output = Pipe()
    program.standardOutput = output
    try program.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    program.pollUntilExit()
    return (program.terminationStatus, text)
  }

  /// Checks one statement beside a table of customers and one of their orders.
  private static func check(schema: String = "", source: String = "") throws -> (
    status: Int32, output: String
  ) {
    let folder = FileManager.default.temporaryDirectory.path + "/citus-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for part in ["queries/schema", "Sources"] {
      try FileManager.default.createDirectory(atPath: folder + "/" + part, withIntermediateDirectories: true)
    }
    let tables = """
      create table shop.customers (customer_id bigint primary key, name text);
      create table shop.orders (customer_id bigint, order_id bigint, note text, primary key (customer_id, order_id));
      """
    try (tables + schema).write(toFile: folder + "/queries/schema/001.sql", atomically: true, encoding: .utf8)
    let swift = "let sql = \"\"\"\n  \(source)\n  \"\"\"\n"
    try swift.write(toFile: folder + "/Sources/A.swift", atomically: true, encoding: .utf8)
    return try check(folder)
  }

  @Test(
    "finds in the schema what cannot be distributed",
    arguments: [
      ("create table shop.notes (note_id bigint primary key, customer_id bigint);", "rule 1"),
      ("create table shop.notes (customer_id bigint, note_id bigint, unique (note_id));", "rule 1"),
      ("create unique index by_note on shop.orders (note);", "rule 1"),
      ("alter table shop.orders add column number serial;", "rule 1"),
      (
        "create table shop.notes (customer_id bigint, order_id bigint references shop.orders (order_id));",
        "rule 2"
      ),
      ("create trigger t after insert on shop.orders execute function f();", "rule 8"),
    ])
  func schema(statement: String, rule: String) throws {
    let answer = try Self.check(schema: statement)
    #expect(answer.status == 1)
    #expect(answer.output.contains(rule), "\(answer.output)")
  }

  @Test(
    "finds in the program what a distributed table refuses",
    arguments: [
      ("insert into shop.orders values ($1, $2) on conflict (order_id) do nothing", "rule 1"),
      (
        "insert into shop.orders values ($1, $2) on conflict (customer_id, order_id) do update set at = now()",
        "rule 3"
      ),
      ("update shop.orders set seen_at = clock_timestamp() where customer_id = $1", "rule 3"),
      ("update shop.orders set customer_id = $1 where customer_id = $2", "rule 3"),
      ("merge into shop.orders using (values (1)) on true when matched then do nothing", "rule 4"),
      ("select a, b, count(*) from shop.orders group by rollup (a, b)", "rule 6"),
      ("select * from shop.orders where note is null for update skip locked", "rule 8"),
      ("with recursive r as (select * from shop.orders) select * from r", "rule 8"),
      ("select * from shop.orders order by note limit 5", "rule 9"),
      ("select ntile(5) over (order by total desc) from totals", "rule 9"),
      ("select row_number() over (partition by customer_id order by at) from t", "rule 9"),
    ])
  func program(statement: String, rule: String) throws {
    let answer = try Self.check(source: statement)
    #expect(answer.status == 1)
    #expect(answer.output.contains(rule), "\(answer.output)")
  }

  @Test(
    "lets pass what runs there as well",
    arguments: [
      "insert into shop.orders values ($1, $2) on conflict (customer_id, order_id) do update set note = excluded.note",
      "select * from shop.orders order by note desc nulls last, customer_id limit 5",
      "select note, count(*) from shop.orders group by note order by note desc limit 5",
      "select ntile(5) over (order by total desc, customer_id) from totals",
      "select name from shop.customers where customer_id = $1 for update",
    ])
  func harmless(statement: String) throws {
    let answer = try Self.check(source: statement)
    #expect(answer.status == 0, "\(answer.output)")
  }
}
