import Postgres

/// Customers and orders of an existing PostgreSQL database, by the queries of a mapping; streamed through cursors in
/// read-only transactions.
public struct PostgresSource: ChangeSource {
  public let name = "postgres"
  private let target: String
  private let mapping: QueryMapping
  private let now: Double
  private var cursors = SourceCursors()

  /// - Parameters:
  ///   - target: whatever libpq takes, without a password: that comes from `.pgpass`, `PGPASSWORD` or a service.
  ///   - now: the clock, seconds since 1970; nil: as it is.
  /// - Throws: `ExtractError` where the target holds a password, which would end up in the run log.
  public init(target: String, mapping: QueryMapping, now: Double? = nil) throws {
    guard !PostgresSource.holdsPassword(target) else {
      throw ExtractError(
        .badSpecification, place: "--source postgres:", problem: "the address holds a password",
        advice: "put it into ~/.pgpass or PGPASSWORD instead")
    }
    self.target = target
    self.mapping = mapping
    self.now = now ?? Clock.now
  }

  public var ground: String {
    Crypto.sha256Hex("\(target)\n\(mapping.customers)\n\(mapping.orders)\n\(mapping.products ?? "")")
  }

  public func changed(since cursors: SourceCursors) -> any Source {
    var source = self
    source.cursors = cursors
    return source
  }

  public func products(_ receive: PageReceiver<ProductRecord>) async throws {
    guard let query = mapping.products else { return }
    try await read("products", query, QueryColumn.products, receive) { row, number, page in
      guard let id = row.integer("product_id"), id > 0 else {
        return page.reject(.product, number, "has no product_id above 0")
      }
      page.records.append(
        ProductRecord(
          id: id, title: row["title"], category: row["category"], brand: row["brand"],
          price: amount(row, "price"),
          stock: row.integer("stock").flatMap(Int32.init(exactly:)), rating: amount(row, "rating")))
    }
  }

  public func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
    try await read("customers", mapping.customers, QueryColumn.customers, since: cursors.customers, receive) {
      row, number, page in
      guard let id = row.integer("customer_id"), id > 0 else {
        return page.reject(.customer, number, "has no customer_id above 0")
      }
      if row.integer("deleted") == 1 {
        var gone = CustomerRecord(id: id)
        gone.isDeleted = true
        return page.records.append(gone)
      }
      page.records.append(
        CustomerRecord(
          id: id, fullName: row["full_name"], email: row["email"], phone: row["phone"],
          phoneCountry: row["phone"].flatMap(DiallingCode.country(ofPhone:)),
          bankCountry: row["bank_country"].flatMap(CountryNames.code(of:)),
          ipCountry: row["ip_country"].flatMap(CountryNames.code(of:)),
          birthYear: row["birth_date"].flatMap(DummyJSONRecords.year(ofDate:)), gender: row["gender"],
          city: row["city"], state: row["state"], country: row["country"],
          countryCode: row["country"].flatMap(CountryNames.code(of:)),
          home: coordinates(row, "home_latitude", "home_longitude"), device: row["device"], ip: row["ip"],
          signedUpAt: row.integer("signed_up_at")))
    }
  }

  public func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
    try await read("orders", mapping.orders, QueryColumn.orders, since: cursors.orders, receive) {
      row, number, page in
      guard let orderID = row.integer("order_id"), orderID > 0 else {
        return page.reject(.order, number, "has no order_id above 0")
      }
      guard let customerID = row.integer("customer_id"), customerID > 0 else {
        return page.reject(.order, number, "has no customer_id above 0")
      }
      if row.integer("deleted") == 1 {
        return page.records.append(OrderLineRecord(deleted: orderID, of: customerID))
      }
      guard let orderedAt = row.integer("ordered_at") else {
        return page.reject(.order, number, "has no ordered_at of the years 1900 to 9999")
      }
      guard Double(orderedAt) / 1_000_000 <= now + EventWindow.day else {
        return page.reject(.order, number, "has an ordered_at in the future")
      }
      guard let total = amount(row, "line_total") else {
        return page.reject(.order, number, "has no line_total of at most 12 digits")
      }
      guard total.units >= 0, amount(row, "price").map({ $0.units >= 0 }) ?? true else {
        return page.reject(.order, number, "has a negative line_total or price")
      }
      let discount = amount(row, "discount") ?? .zero
      guard let quantity = Int32(exactly: row.integer("quantity") ?? 1), discount.units.magnitude <= 999_999
      else {
        return page.reject(.order, number, "has a quantity or discount out of range")
      }
      page.records.append(
        OrderLineRecord(
          orderID: orderID, cartID: row.integer("cart_id") ?? orderID, customerID: customerID,
          productID: row.integer("product_id"), product: row["product"], category: row["category"],
          counterparty: row["counterparty"], quantity: quantity, price: amount(row, "price") ?? total,
          discount: discount, lineTotal: total, region: row["region"], orderedAt: orderedAt,
          isSyntheticTime: false,
          place: row["place"], coordinates: coordinates(row, "latitude", "longitude"), device: row["device"],
          ip: row["ip"]))
    }
  }

  // MARK: - Reading

  /// Reads a query through a cursor, so that the server and this program hold one page at a time.
  private func read<Record: Sendable>(
    _ list: String, _ query: String, _ columns: [QueryColumn], since cursor: Int64? = nil,
    _ receive: PageReceiver<Record>, _ decode: (Row, _ number: Int, inout Page<Record>) -> Void
  ) async throws {
    let connection = try await Connection.open(target)
    do {
      try await connection.execute(
        "begin isolation level repeatable read, read only; set local time zone 'UTC'")
      let selected = try await selection(list, query, columns, since: cursor, connection)
      // SQL-safe: the query is the analyst's own, out of the mapping file; the wire protocol takes one statement, and
      // the transaction writes nothing.
      try await connection.query("declare riskdeck_source no scroll cursor for \(selected)")
      var number = 0
      while true {
        try Task.checkCancellation()
        let rows = try await connection.query("fetch 2000 from riskdeck_source").rows
        guard !rows.isEmpty else { break }
        var page = Page<Record>()
        for row in rows {
          number += 1
          decode(row, number, &page)
          if let moment = row.integer("changed_at") { page.newest = max(moment, page.newest ?? moment) }
        }
        try await receive(page)
      }
      await connection.close()
    } catch let error as PostgresError where error.code == .server {
      await connection.close()
      throw ExtractError(
        .badSpecification, place: "the query for \(list)", problem: error.description,
        advice: "correct the mapping")
    } catch {
      await connection.close()
      throw error
    }
  }

  /// The query with its known columns in their types. An unknown column is an error, so that nothing travels by mistake.
  private func selection(
    _ list: String, _ query: String, _ columns: [QueryColumn], since cursor: Int64?, _ connection: Connection
  ) async throws -> String {
    var query = query
    while let last = query.last, last.isWhitespace || last == ";" { query.removeLast() }
    // SQL-safe: as above.
    let found = try await connection.query("select * from (\(query)\n) source limit 0").columns.map(\.name)
    for name in found where !columns.contains(where: { $0.name == name }) {
      throw problem(list, "has a column \(name) that is not known")
    }
    for column in columns where column.isRequired && !found.contains(column.name) {
      throw problem(list, "has no column \(column.name)")
    }
    guard Set(found).count == found.count else { throw problem(list, "has two columns of one name") }
    let items = columns.filter { found.contains($0.name) }.map(\.expression).joined(separator: ", ")
    var filter = ""
    if let cursor, found.contains("changed_at") {
      // SQL-safe: a number. What names no moment may have changed.
      filter = """
         where changed_at >= timestamptz 'epoch' + \(cursor - SourceCursors.overlap) * interval '1 microsecond'
        or changed_at is null
        """
    } else if found.contains("deleted") {
      filter = " where not coalesce(deleted, false)"
    }
    // SQL-safe: as above; the items are constants.
    return "select \(items) from (\(query)\n) source\(filter)"
  }

  private func problem(_ list: String, _ problem: String) -> ExtractError {
    ExtractError(
      .badSpecification, place: "the query for \(list)", problem: problem,
      advice: "name its columns by \"as\", see docs/sources.md")
  }

  private static func holdsPassword(_ target: String) -> Bool {
    if target.contains("password") { return true }
    guard let scheme = target.firstRange(of: "://") else { return false }
    let authority = target[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@") else { return false }
    return authority[..<at].contains(":")
  }
}

extension OrderLineRecord {
  /// A line that is gone.
  init(deleted orderID: Int64, of customerID: Int64) {
    self.init(
      orderID: orderID, cartID: orderID, customerID: customerID, quantity: 0, price: .zero, discount: .zero,
      lineTotal: .zero, orderedAt: 0, isSyntheticTime: false)
    isDeleted = true
  }
}

private func amount(_ row: Row, _ column: String) -> Hundredths? {
  row[column].flatMap { Hundredths(decimal: $0) }
}

private func coordinates(_ row: Row, _ latitude: String, _ longitude: String) -> Coordinates? {
  guard let latitude = row.double(latitude), let longitude = row.double(longitude) else { return nil }
  return Coordinates(latitude: latitude, longitude: longitude)
}

extension Page {
  fileprivate mutating func reject(_ entity: Reject.Entity, _ number: Int, _ reason: String) {
    rejects.append(Reject(entity: entity, record: "row \(number)", reason: reason))
  }
}
