import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("What is stored")
struct StoredDataTests {
  /// Every row of the raw tables and the run log as text.
  static func dump(_ connection: Connection) async throws -> String {
    let tables = try await connection.query(
      """
      select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')
      """
    ).rows.compactMap { $0[0] }
    var text = ""
    for table in tables {
      try await connection.beginCopyOut("copy \(table) to stdout")
      while let bytes = try await connection.copyRead() { text += String(decoding: bytes, as: UTF8.self) }
    }
    return text
  }

  @Test(
    "no password, account, card, tax number, wallet, name, address or clear identifier of the sample data")
  func nothingSecret() async throws {
    guard let path = Repository.testData("dummyjson/users.json") else { return }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let root = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    let users = try #require(root["users"] as? [[String: Any]])
    var secrets: Set<String> = []
    for user in users {
      func add(_ object: [String: Any]?, _ keys: [String]) {
        for key in keys { if let text = object?[key] as? String, text.count >= 6 { secrets.insert(text) } }
      }
      add(user, ["password", "ssn", "ein", "email", "phone", "ip", "macAddress", "birthDate", "username"])
      add(user["bank"] as? [String: Any], ["cardNumber", "iban"])
      add(user["crypto"] as? [String: Any], ["wallet"])
      add(user["address"] as? [String: Any], ["address", "postalCode"])
      if let first = user["firstName"] as? String, let last = user["lastName"] as? String {
        secrets.insert("\(first) \(last)")
      }
    }
    #expect(secrets.count > 2_000)
    let source = JSONFiles(folder: String(path.dropLast("/users.json".count)))
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: RawLoadTests.masking, runID: 1).run(on: connection)
      let dump = try await Self.dump(connection)
      #expect(dump.contains("E*** J***"))
      #expect(secrets.filter(dump.contains) == [])
    }
  }

  @Test("with masking off clear identities are stored apart from everything else, and each row says so")
  func unmasked() async throws {
    let customer = CustomerRecord(
      id: 1, fullName: "Ada Stone", email: "ada@shop.example", phone: "+44 20 7946 0101", device: "aa:bb",
      ip: "1.2.3.4")
    let masking = Masking(key: MaskingKey(bytes: [1]), isEnabled: false)
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(
        source: RawLoadFailureTests.ListSource(customerList: [customer]), masking: masking, runID: 1
      )
      .run(on: connection)
      let row = try await connection.query(
        "select full_name, email, phone, device, ip, is_masked, length(email_hash) from staging.raw_customers"
      ).first
      #expect(
        (0..<7).map { row?[$0] } == [
          "A*** S***", "a***@shop.example", "***0101", "aa:bb", "1.2.3.4", "f", "64",
        ])
      let clear = try await connection.query("select full_name, email, phone from restricted.identities")
        .first
      #expect((0..<3).map { clear?[$0] } == ["Ada Stone", "ada@shop.example", "+44 20 7946 0101"])
      _ = try await RawLoad(
        source: RawLoadFailureTests.ListSource(customerList: [customer]), masking: RawLoadTests.masking,
        runID: 2
      )
      .run(on: connection)
      let left = try await connection.query("select count(*) from restricted.identities").first?.integer(0)
      #expect(left == 0, "a run with masking on keeps none")
    }
  }

  @Test(
    "an account, card or wallet as the other side of a payment is stored nowhere in clear, and is one in all spellings"
  )
  func accounts() async throws {
    let told = [
      "DE89 3704 0044 0532 0130 00", "de89370400440532013000", "4111 1111 1111 1111",
      "0xb9fc2fe63b2a6c003f1c324c3bfa53259162181a", "jane@shop.example", "corner",
    ]
    let lines = told.enumerated().map { index, counterparty in
      var line = RawLoadFailureTests.line(Int64(index + 1), cart: 1, customer: 1)
      line.counterparty = counterparty
      return line
    }
    let source = RawLoadFailureTests.ListSource(customerList: [CustomerRecord(id: 1)], lineList: lines)
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: RawLoadTests.masking, runID: 1).run(on: connection)
      let dump = try await Self.dump(connection)
      #expect(told.filter { $0 != "corner" && dump.contains($0) } == [])
      let stored = try await connection.query("select counterparty from staging.raw_orders order by order_id")
        .rows.map { $0[0] ?? "" }
      #expect(stored[0] == stored[1] && Set(stored).count == 5 && stored[5] == "corner", "\(stored)")
      let kind = ListEntry.Kind.counterparty
      #expect(kind.hash(told[0], by: RawLoadTests.masking) == stored[0])
      #expect(throws: CaseError.self) { try kind.check(told[0], isMasked: true) }
      try kind.check("corner", isMasked: true)
    }
  }

  @Test("text that would act on a terminal is stored harmless")
  func harmless() async throws {
    var line = RawLoadFailureTests.line(1_001, cart: 1, customer: 1)
    line.product = "Tea\u{1b}]0;owned\u{7}\u{202e}\u{0}"
    line.category = "\u{1b}"
    let source = RawLoadFailureTests.ListSource(
      customerList: [CustomerRecord(id: 1, city: "Le\u{0}eds")], lineList: [line])
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: RawLoadTests.masking, runID: 1).run(on: connection)
      let row = try await connection.query(
        "select product, category, city from staging.raw_orders join staging.raw_customers using (customer_id)"
      ).first
      #expect(row?[0] == "Tea ]0;owned")
      #expect(row?[1] == nil)
      #expect(row?[2] == "Le eds")
    }
  }

  @Test("numbers, times and places arrive as they were, to their limits")
  func exact() async throws {
    let amounts: [Int64] = [
      0, 1, -1, 99, 100, 101, 9_999, 1_000_000, -1_000_000, 999_900, 12_345_678_901, 99_999_999_999_999,
    ]
    let lines = amounts.enumerated().map { index, units in
      var line = RawLoadFailureTests.line(Int64(index + 1), cart: 1, customer: 1)
      line.lineTotal = Hundredths(units: units)
      line.orderedAt = [0, 946_684_800_000_001, -1, 1_767_225_599_999_999][index % 4]
      line.coordinates = Coordinates(latitude: -89.994, longitude: 179.996)
      return line
    }
    let source = RawLoadFailureTests.ListSource(customerList: [CustomerRecord(id: 1)], lineList: lines)
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: RawLoadTests.masking, runID: 1).run(on: connection)
      let rows = try await connection.query(
        """
        select line_total, (extract(epoch from ordered_at) * 1000000)::bigint, latitude, longitude
        from staging.raw_orders order by order_id
        """
      ).rows
      #expect(rows.map { $0[0] } == amounts.map { Hundredths(units: $0).description })
      #expect(rows.map { $0.integer(1) } == lines.map(\.orderedAt))
      #expect(rows.allSatisfy { $0.double(2) == -89.99 && $0.double(3) == 180 })
    }
  }
}

@Suite("Validation of the raw tables")
struct RawValidationTests {
  /// The failing checks of a source.
  static func failing(_ source: RawLoadFailureTests.ListSource) async throws -> [String: ValidationReport] {
    try await TestCluster.withSchema { connection, _ in
      _ = try await RawLoad(source: source, masking: RawLoadTests.masking, runID: 1).run(on: connection)
      let reports = try await RawValidation.run(on: connection, runID: 1).filter { $0.failures > 0 }
      return Dictionary(uniqueKeysWithValues: reports.map { ($0.name, $0) })
    }
  }

  static func line(_ id: Int64, _ change: (inout OrderLineRecord) -> Void) -> OrderLineRecord {
    var line = RawLoadFailureTests.line(id, cart: id, customer: 1)
    line.category = "tea"
    change(&line)
    return line
  }

  static let customer = CustomerRecord(
    id: 1, fullName: "Ada", email: "a@b.example", phone: "+44 20 7946 0101", country: "Spain",
    signedUpAt: 1_000_000_000_000_000)

  @Test("good data fail nothing but the notice of synthetic times")
  func good() async throws {
    let source = RawLoadFailureTests.ListSource(
      customerList: [Self.customer], lineList: [Self.line(1) { _ in }])
    let failing = try await Self.failing(source)
    #expect(failing.keys.sorted() == ["order_time_known"])
  }

  @Test("each fault is found by its own check")
  func faults() async throws {
    let customers = [
      Self.customer,
      CustomerRecord(id: 2, email: "nonsense", birthYear: 1_700, signedUpAt: 4_102_444_800_000_000),
    ]
    let lines =
      (1...40).map { Self.line($0) { _ in } } + [
        Self.line(41) {
          $0.quantity = 0; $0.lineTotal = .zero
        },
        Self.line(42) {
          $0.price = Hundredths(units: -310); $0.lineTotal = Hundredths(units: -310)
        },
        Self.line(43) {
          $0.discount = Hundredths(units: 10_100); $0.lineTotal = .zero
        },
        Self.line(44) { $0.lineTotal = Hundredths(units: 500) },
        Self.line(45) { $0.orderedAt = 4_102_444_800_000_000 },
        Self.line(46) { $0.orderedAt = 900_000_000_000_000 }, Self.line(47) { $0.category = nil },
        Self.line(48) {
          $0.price = Hundredths(units: 9_000_000); $0.lineTotal = $0.price
        },
      ]
    let failing = try await Self.failing(.init(customerList: customers, lineList: lines))
    #expect(
      failing.keys.sorted() == [
        "customer_birth_year_plausible", "customer_country_complete", "customer_email_form",
        "customer_name_complete",
        "customer_phone_complete", "customer_sign_up_plausible", "order_after_sign_up",
        "order_amount_not_extreme",
        "order_amount_not_negative", "order_category_complete", "order_date_plausible",
        "order_discount_in_range",
        "order_quantity_positive", "order_time_known", "order_total_consistent",
      ])
    #expect(failing.values.allSatisfy { $0.severity != "critical" })
    #expect(
      failing["order_quantity_positive"]?.message == "1 of 48 order lines with a quantity that is not above 0"
    )
    #expect(failing["order_quantity_positive"]?.checked == 48)
  }

  @Test("many bad rows and many rejects are critical")
  func critical() async throws {
    let lines = (1...10).map { number in Self.line(number) { if number < 3 { $0.quantity = -1 } } }
    let strangers = (11...14).map { number in Self.line(number) { $0.customerID = 77 } }
    let failing = try await Self.failing(.init(customerList: [Self.customer], lineList: lines + strangers))
    #expect(failing["order_quantity_positive"]?.severity == "critical")
    #expect(failing["records_loadable"]?.severity == "critical")
    #expect(failing["records_loadable"]?.failures == 4)
  }
}
