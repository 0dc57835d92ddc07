import Foundation
import Testing

@testable import Pipeline

@Suite("Events out of CSV files")
struct EventFilesTests {
  static let mapping = """
    time_zone: "+02:00"
    customers:
      file: customers.csv
      id: id
      latitude: lat
      longitude: lon
      email: mail
      signed_up: since
    events:
      file: transactions.csv
      id: id
      time: at
      customer: who
      amount: sum
      category: kind
      latitude: lat
      longitude: lon
      label: bad
    """

  private func withFolder<Answer>(_ files: [String: String], _ body: (String) throws -> Answer) throws
    -> Answer
  {
    let folder = NSTemporaryDirectory() + "riskdeck-events-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files {
      try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
    return try body(folder)
  }

  /// 2 March 2026, noon.
  static let now = 1_772_452_800.0

  private func load(_ customers: String, _ transactions: String) throws -> EventFiles.Loaded {
    try withFolder([
      "customers.csv": customers, "transactions.csv": transactions, "mapping.yml": Self.mapping,
    ]) {
      try EventFiles(folder: $0, mapping: try EventMapping.read("\($0)/mapping.yml"), now: Self.now).load()
    }
  }

  static let customers = "mail,id,lat,lon,since\r\nann@Example.ORG,7,40.4,-3.7,2025-01-02 00:00\r\n"
  static let header = "who,bad,sum,at,id,kind,lat,lon\n"

  @Test("columns are found by name in any order, quotes and CRLF are undone, times get their zone")
  func reading() throws {
    let loaded = try load(
      Self.customers,
      "\u{feff}" + Self.header
        + "7,1,12.50,2025-03-01T10:00:00,1,\"food, \"\"fresh\"\"\nand more\",40.5,-3.6\n"
        + "7,0,3,2025-02-01T10:00:00Z,2,,,\n")
    #expect(loaded.rejects.isEmpty)
    #expect(loaded.eventCount == 2)
    #expect(loaded.frauds == [1: "fraud"])
    let batch = try #require(loaded.events.batches.first)
    // In order of time, whatever the file's order.
    #expect(batch.events.map(\.id) == [2, 1])
    #expect(batch.events.map(\.amount) == [3, 12.5])
    #expect(UTCTime.text(batch.events[1].time) == "2025-03-01T08:00:00Z")
    #expect(UTCTime.text(batch.events[0].time) == "2025-02-01T10:00:00Z")
    #expect(loaded.events.categoryNames == ["", "food, \"fresh\"\nand more"])
    #expect(batch.events[0].latitude.isNaN)
    let profile = batch.customers[0].profile
    #expect(profile.emailDomain == "example.org")
    #expect(profile.homeLatitude == 40.4)
    #expect(profile.signedUpAt.map(UTCTime.text) == "2025-01-01T22:00:00Z")
  }

  @Test(
    "a bad row is rejected with file, line and reason, and never with its content",
    arguments: [
      ("7,0,abc,2025-02-01,1,,,", "amount is no number"),
      ("7,0,nan,2025-02-01,1,,,", "amount is no number"),
      ("7,0,-1,2025-02-01,1,,,", "amount is not from 0 to 1,000,000,000,000"),
      ("7,0,1e13,2025-02-01,1,,,", "amount is not from 0 to 1,000,000,000,000"),
      ("7,0,,2025-02-01,1,,,", "amount is missing"),
      ("7,0,1,2026-03-03T14:00:01,1,,,", "time is in the future"),
      ("7,0,1,9999-12-31,1,,,", "time is in the future"),
      ("7,0,1,2025-02-30,1,,,", "time is no moment in the format iso8601"),
      ("7,0,1,2025-02-01T25:00,1,,,", "time is no moment in the format iso8601"),
      ("x,0,1,2025-02-01,1,,,", "customer is missing or no whole number"),
      ("7,0,1,2025-02-01,,,,", "id is missing or no whole number"),
      ("7,0,1,2025-02-01,1,,91,0", "latitude and longitude are no place on earth"),
      ("7,0,1,2025-02-01,1", "5 fields, the header has 8"),
      ("7,0,1,2025-02-01,1,\"a\"b,,", "a quoted field goes on after its closing quote"),
      ("7,0,1,2025-02-01,1,a\"b,,", "a quote inside a field that is not quoted"),
    ])
  func rejects(row: String, reason: String) throws {
    let loaded = try load(
      Self.customers, Self.header + "7,0,1,2025-02-01,9,,,\n" + row + "\n7,0,1,2025-02-02,10,,,\n")
    #expect(loaded.eventCount == 2)
    #expect(loaded.rejects.count == 1)
    let reject = try #require(loaded.rejects.first)
    #expect(reject.reason == reason)
    #expect(reject.file.hasSuffix("transactions.csv") && reject.line == 3)
  }

  @Test("an id that comes twice is a reject, of customers as well; a quote that is never closed is an error")
  func doubles() throws {
    let twice = try load(Self.customers, Self.header + "7,0,1,2025-02-01,1,,,\n7,0,1,2025-02-01,1,,,\n")
    #expect(twice.rejects.map(\.reason) == ["an event with this id came before"])
    let people = try load(
      Self.customers + "late@later.org,7,1,1,2025-01-02\n", Self.header + "7,0,1,2025-02-01,1,,,\n")
    #expect(people.rejects.map(\.reason) == ["a customer with this id came before"])
    #expect(people.events.batches.first?.customers.first?.profile.emailDomain == "example.org")
    for rest in ["", String(repeating: "7,0,1,2025-02-01,2,,,\n", count: 60_000)] {
      #expect {
        _ = try load(
          Self.customers, Self.header + "7,0,1,2025-02-01,1,\"a\nb\",,\n7,0,1,2025-02-01,2,\"open,,\n" + rest)
      } throws: { error in
        "\(error)".contains("transactions.csv:4: the quote that opens a field here is not closed")
      }
    }
  }

  @Test("an order a day ahead of the clock is taken; a customer without orders is known")
  func edges() throws {
    let loaded = try load(
      Self.customers + "x@example.org,8,1,1,2025-01-02\n", Self.header + "7,0,1,2026-03-03T13:59:59,1,,,\n")
    #expect(loaded.rejects.isEmpty)
    #expect(
      loaded.events.batches.flatMap(\.customers).map { [$0.profile.id, Int64($0.events.count)] } == [
        [7, 1], [8, 0],
      ])
    #expect(loaded.rejectTable == "file,line,reason\n")
  }

  @Test("without a customers file the pipeline knows customers by their orders, each once")
  func customersOfEvents() async throws {
    let folder = NSTemporaryDirectory() + "riskdeck-events-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let events = "id,at,who,sum\n1,2025-02-01,7,1\n2,2025-02-02,8,1\n3,2025-02-03,7,1\n4,2030-01-01,9,1\n"
    try events.write(toFile: folder + "/t.csv", atomically: true, encoding: .utf8)
    let mapping = try EventMapping.parse(
      "events: {file: t.csv, id: id, time: at, customer: who, amount: sum}", file: "m.yml")
    let files = EventFiles(folder: folder, mapping: mapping, now: Self.now)
    let source = try await Collected(EventFileSource(files))
    #expect(source.customers.map(\.id) == [7, 8])
    #expect(source.lines.map(\.orderID) == [1, 2, 3])
    #expect(source.rejects.map(\.reason) == ["time is in the future"])
  }

  @Test("a missing column or file is one clear line")
  func missing() throws {
    #expect {
      _ = try load("id,lat,lon\n", Self.header)
    } throws: { error in
      "\(error)".contains("mapping.yml:7:10: there is no column 'mail' for email in ")
    }
    #expect {
      _ = try EventFiles(folder: "/nowhere", mapping: try EventMapping.parse(Self.mapping, file: "m")).load()
    } throws: { error in
      "\(error)".contains("/nowhere/customers.csv")
    }
  }

  @Test("a wrong mapping is told with its line")
  func wrongMapping() {
    #expect {
      _ = try EventMapping.parse("events:\n  file: a.csv\n  id: id\n  when: t\n", file: "mapping.yml")
    } throws: { error in
      "\(error)".hasPrefix("mapping.yml:4:3: events knows no key 'when'")
    }
    #expect {
      _ = try EventMapping.parse("time_zone: Mars\nevents: {}\n", file: "mapping.yml")
    } throws: { error in
      "\(error)" == "mapping.yml:1:12: time_zone is UTC or an offset such as +02:00"
    }
  }

  @Test("seconds and milliseconds since 1970 are read, dates of the calendar go both ways")
  func times() {
    #expect(TimeReading.seconds(Array("1700000000".utf8)[...], .unixSeconds, zone: 0) == 1_700_000_000)
    #expect(
      TimeReading.seconds(Array("1700000000500".utf8)[...], .unixMilliseconds, zone: 0) == 1_700_000_000.5)
    #expect(
      TimeReading.seconds(Array("2024-02-29T23:59:59.25-03:30".utf8)[...], .iso8601, zone: 0)
        == 1_709_263_799.25)
    for day in stride(from: -200_000, through: 200_000, by: 997) {
      let text = UTCTime.day(day)
      let parts = text.split(separator: "-").compactMap { Int($0) }
      if parts.count == 3 { #expect(UTCTime.days(year: parts[0], month: parts[1], day: parts[2]) == day) }
    }
  }
}
