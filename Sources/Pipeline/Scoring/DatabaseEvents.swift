import Postgres

/// The customers and carts of the raw tables, read by one COPY in the order of customer and time.
struct DatabaseEvents: EventSource {
  let connection: Connection
  /// What closed cases say of the orders.
  var outcomes = CaseOutcomes()
  /// Devices, addresses and counterparties that tell nothing against anyone: read as if the source did not name them.
  var allowed: Set<UInt64> = []
  var extent = Extent.everyone
  /// Names of categories that have numbers already.
  var categoryNames = [""]

  /// Whose rows are read.
  enum Extent: Sendable {
    case everyone
    /// Those that changed and those whose scores follow from theirs.
    case scored
    /// These, and who shares a device or an address with them.
    case read
  }

  /// A customer's own row comes before the orders, because NULL times sort first. The columns mean, by kind of row:
  /// 4 sign-up | line total, 5 and 6 home | place, 7 e-mail domain | category, 8 device, 9 ip,
  /// 10 address country | counterparty, 11 telephone country | made-up time, 12 bank country, 13 ip country, 14 filled
  /// identity fields.
  private static func query(_ filter: String) -> String {
    // SQL-safe: the filter is one of three constants.
    """
    copy (
      select customer_id, null::float8 as ordered_at, null::bigint as cart_id, null::bigint as order_id,
        extract(epoch from signed_up_at)::float8::text, home_latitude, home_longitude, email_domain, device, ip,
        coalesce(country_code, nullif(country, '')), phone_country, bank_country, ip_country,
        num_nonnulls(full_name, coalesce(email, email_domain), phone, birth_year, city, country)
      from staging.raw_customers \(filter)
      union all
      select customer_id, extract(epoch from ordered_at)::float8, cart_id, order_id, line_total::text, latitude,
        longitude, category, device, ip, counterparty, case when is_synthetic_time then 't' else 'f' end,
        null, null, null
      from staging.raw_orders \(filter)
      order by 1, 2 nulls first, 3, 4
    ) to stdout
    """
  }

  private var filter: String {
    switch extent {
    case .everyone: ""
    case .scored:
      "where customer_id in (select customer_id from staging.changed_customers where reach < 2)"
    case .read: "where customer_id in (select customer_id from staging.changed_customers)"
    }
  }

  func reader() async throws -> Reader {
    try await connection.beginCopyOut(Self.query(filter))
    return Reader(
      connection: connection, outcomes: outcomes, allowed: allowed, categoryNames: categoryNames)
  }

  struct Reader: EventReader {
    private let connection: Connection
    private let outcomes: CaseOutcomes
    private let allowed: Set<UInt64>
    private var categories: CategoryNames
    private var batch = EventBatch()
    private var profile: CustomerProfile?
    private var firstEvent = 0
    private var cart: (id: Int64, time: Double, largestLine: Double)?
    private var isAtEnd = false

    /// Enough events for a thread to be busy with for a while.
    private static let batchSize = 16_384

    fileprivate init(
      connection: Connection, outcomes: CaseOutcomes, allowed: Set<UInt64>, categoryNames: [String]
    ) {
      self.connection = connection
      categories = CategoryNames(names: categoryNames)
      self.outcomes = outcomes
      self.allowed = allowed
    }

    var categoryNames: [String] { categories.names }

    mutating func next() async throws -> EventBatch? {
      while !isAtEnd, finishedEvents < Self.batchSize, batch.customers.count < Self.batchSize {
        guard let bytes = try await connection.copyRead(atLeast: 1 << 18) else {
          finishCustomer()
          isAtEnd = true
          break
        }
        var row = CopyRow(bytes)
        while row.next() { try take(row) }
      }
      guard !batch.customers.isEmpty else { return nil }
      var full = batch
      let open = Array(batch.events[finishedEvents...])
      full.events.removeLast(open.count)
      batch = EventBatch()
      batch.events = open
      firstEvent = 0
      return full
    }

    private var finishedEvents: Int { profile == nil ? batch.events.count : firstEvent }

    private mutating func take(_ row: CopyRow) throws {
      guard let customer = row.integer(0) else {
        throw ScoringError(.data, "an unreadable row came out of staging.raw_orders")
      }
      if profile?.id != customer {
        finishCustomer()
        profile = CustomerProfile(id: customer)
        firstEvent = batch.events.count
        cart = nil
      }
      guard let time = row.double(1) else {
        profile = CustomerProfile(
          id: customer, signedUpAt: row.double(4), homeLatitude: row.double(5), homeLongitude: row.double(6),
          addressCountry: row.text(10), phoneCountry: row.text(11), bankCountry: row.text(12),
          ipCountry: row.text(13), emailDomain: row.text(7)?.lowercased(), device: named(row.hash(8)),
          ip: named(row.hash(9)),
          filledFields: row.integer(14).flatMap { $0 > 0 ? Int($0) : nil })
        return
      }
      takeLine(row, customer: customer, time: time)
    }

    /// The lines of a cart are one event: their sum, with the category of the largest.
    private mutating func takeLine(_ row: CopyRow, customer: Int64, time: Double) {
      let cartID = row.integer(2) ?? 0
      let amount = max(0, row.double(4) ?? 0)
      if let cart, cart.id == cartID, cart.time == time {
        let last = batch.events.count - 1
        batch.events[last].amount += amount
        if amount > cart.largestLine {
          self.cart?.largestLine = amount
          batch.events[last].category = category(row)
        }
        return
      }
      cart = (cartID, time, amount)
      batch.events.append(
        ScoringEvent(
          id: cartID, time: time, amount: amount, category: category(row), counterparty: named(row.hash(10)),
          device: named(row.hash(8)), ip: named(row.hash(9)), latitude: row.double(5) ?? .nan,
          longitude: row.double(6) ?? .nan, hasRealTime: !row.isTrue(11)))
    }

    private func named(_ hash: UInt64) -> UInt64 { allowed.contains(hash) ? 0 : hash }

    private mutating func category(_ row: CopyRow) -> Int32 {
      row.text(7).map { categories.number(of: $0) } ?? 0
    }

    private mutating func finishCustomer() {
      guard let profile else { return }
      outcomes.mark(&batch.events, firstEvent..<batch.events.count, of: profile.id)
      batch.customers.append(EventBatch.Customer(profile: profile, events: firstEvent..<batch.events.count))
      self.profile = nil
    }
  }
}

/// The rows of a piece of COPY text, one after the other.
struct CopyRow {
  private let bytes: [UInt8]
  private var fields: [Range<Int>] = []
  private var place = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    fields.reserveCapacity(16)
  }

  /// Moves to the next row; false after the last.
  mutating func next() -> Bool {
    guard place < bytes.count else { return false }
    fields.removeAll(keepingCapacity: true)
    var start = place
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") {
        fields.append(start..<place)
        start = place + 1
      }
      place += 1
      if byte == UInt8(ascii: "\n") { break }
    }
    return true
  }

  /// The bytes of a field; nil: NULL or not there.
  private func field(_ number: Int) -> ArraySlice<UInt8>? {
    guard number < fields.count else { return nil }
    let range = fields[number]
    if range.count == 2, bytes[range.lowerBound] == UInt8(ascii: "\\"),
      bytes[range.lowerBound + 1] == UInt8(ascii: "N")
    {
      return nil
    }
    return bytes[range]
  }

  func integer(_ number: Int) -> Int64? { field(number).flatMap { DecimalBytes.integer($0) } }
  func double(_ number: Int) -> Double? { field(number).flatMap { DecimalBytes.double($0) } }
  func isTrue(_ number: Int) -> Bool { field(number)?.first == UInt8(ascii: "t") }

  /// The text with COPY's escapes undone; nil for NULL and for the empty text.
  func text(_ number: Int) -> String? {
    guard let field = field(number), !field.isEmpty else { return nil }
    guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
    var plain: [UInt8] = []
    var isEscaped = false
    for byte in field {
      if isEscaped {
        switch byte {
        case UInt8(ascii: "t"): plain.append(9)
        case UInt8(ascii: "n"): plain.append(10)
        case UInt8(ascii: "r"): plain.append(13)
        case UInt8(ascii: "b"): plain.append(8)
        case UInt8(ascii: "f"): plain.append(12)
        case UInt8(ascii: "v"): plain.append(11)
        default: plain.append(byte)
        }
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        plain.append(byte)
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  func hash(_ number: Int) -> UInt64 { text(number).map { stableHash($0) } ?? 0 }
}
