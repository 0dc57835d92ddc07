/// The same folder as a source of the pipeline: customers and one order line an event, streamed page by page.
public struct EventFileSource: ChangeSource {
  private let files: EventFiles
  private var cursors = SourceCursors()
  public var name: String { "files:\(files.folder)" }

  public init(_ files: EventFiles) {
    self.files = files
  }

  /// SHA-256 over the files' bytes.
  public func fingerprint() throws -> String? {
    var hash = SHA256Hash()
    for name in [files.mapping.customersFile, files.mapping.eventsFile].compactMap({ $0 }) {
      hash.update("\(name):")
      let bytes = try ByteFile("\(files.folder)/\(name)")
      while let piece = try bytes.next() { hash.update(piece) }
    }
    return hash.hex()
  }

  public var ground: String {
    let mapping = files.mapping
    func text<Field: RawRepresentable<String>>(_ columns: [Field: String]) -> String {
      columns.map { "\($0.key.rawValue)=\($0.value)" }.sorted().joined(separator: "\n")
    }
    return Crypto.sha256Hex(
      [
        files.folder, mapping.customersFile ?? "", text(mapping.customerColumns), mapping.eventsFile,
        text(mapping.eventColumns), "\(mapping.timeFormat) \(mapping.signedUpFormat) \(mapping.zoneSeconds)",
        "\(mapping.customerCursorFormat) \(mapping.eventCursorFormat)",
        mapping.fraudValues.sorted().joined(separator: "\n"),
      ].map { "\($0.utf8.count):\($0)" }.joined())
  }

  /// The files are read, rows that did not change since are passed over by their cursor alone.
  public func changed(since cursors: SourceCursors) -> any Source {
    var source = self
    source.cursors = cursors
    return source
  }

  /// There is no catalogue.
  public func products(_ receive: PageReceiver<ProductRecord>) async throws {}

  public func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
    guard let name = files.mapping.customersFile else { return try await customersOfEvents(receive) }
    let mapping = files.mapping
    let moments = RowMoments(
      cursor: EventMapping.CustomerField.cursor, mapping.customerCursorFormat, mapping.zoneSeconds,
      since: cursors.customers, deleted: .deleted)
    let known: PageReceiver<CustomerRecord?> = { try await receive($0.present()) }
    try await pages(name, mapping.customerColumns, mapping.customerPlaces, .customer, moments, known) {
      (values, isDeleted) throws(BadValue) in
      guard isDeleted else { return try CustomerRecord(values, mapping) }
      guard moments.isReadingChanges else { return nil }
      guard let id = values.integer(.id) else { throw BadValue("id is missing or no whole number") }
      var gone = CustomerRecord(id: id)
      gone.isDeleted = true
      return gone
    }
  }

  /// Without a customers file, customers are known by their events.
  private func customersOfEvents(_ receive: PageReceiver<CustomerRecord>) async throws {
    let (mapping, now) = (files.mapping, files.now)
    var seen: Set<Int64> = []
    // Rows that are no events are rejected with the orders.
    let known: PageReceiver<CustomerRecord?> = { page in
      try await receive(Page(records: page.present().records, newest: page.newest))
    }
    let moments = eventMoments(since: cursors.customers)
    try await pages(mapping.eventsFile, mapping.eventColumns, mapping.eventPlaces, .customer, moments, known)
    {
      (values, isDeleted) throws(BadValue) in
      if isDeleted { return nil }
      let event = try MappedEvent(values, mapping, now: now)
      return seen.insert(event.customer).inserted ? CustomerRecord(id: event.customer) : nil
    }
  }

  public func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
    let (mapping, now) = (files.mapping, files.now)
    let moments = eventMoments(since: cursors.orders)
    let known: PageReceiver<OrderLineRecord?> = { try await receive($0.present()) }
    try await pages(mapping.eventsFile, mapping.eventColumns, mapping.eventPlaces, .order, moments, known) {
      (values, isDeleted) throws(BadValue) in
      guard isDeleted else { return try OrderLineRecord(try MappedEvent(values, mapping, now: now)) }
      guard moments.isReadingChanges else { return nil }
      guard let id = values.integer(.id) else { throw BadValue("id is missing or no whole number") }
      guard let customer = values.integer(.customer) else {
        throw BadValue("customer is missing or no whole number")
      }
      return OrderLineRecord(deleted: id, of: customer)
    }
  }

  public func labels(_ receive: PageReceiver<LabelRecord>) async throws {
    let (mapping, now) = (files.mapping, files.now)
    guard mapping.eventColumns[.label] != nil else { return }
    // Rows that are no events were rejected with the orders already.
    let frauds: PageReceiver<LabelRecord?> = { page in
      try await receive(Page(records: page.present().records))
    }
    // Labels are read whole: a row that changed may have lost its own.
    let moments = eventMoments(since: nil)
    try await pages(mapping.eventsFile, mapping.eventColumns, mapping.eventPlaces, .label, moments, frauds) {
      (values, isDeleted) throws(BadValue) in
      if isDeleted { return nil }
      let event = try MappedEvent(values, mapping, now: now)
      guard event.isFraud == true else { return nil }
      return LabelRecord(customerID: event.customer, orderID: event.id, kind: event.kind ?? "fraud")
    }
  }

  private func eventMoments(since cursor: Int64?) -> RowMoments<EventMapping.EventField> {
    RowMoments(
      cursor: .cursor, files.mapping.eventCursorFormat, files.mapping.zoneSeconds, since: cursor,
      deleted: .deleted)
  }

  private func pages<Field, Record: Sendable>(
    _ name: String, _ columns: [Field: String], _ places: [Field: String], _ entity: Reject.Entity,
    _ moments: RowMoments<Field>, _ receive: PageReceiver<Record?>,
    _ decode: (MappedFile<Field>.Values, _ isDeleted: Bool) throws(BadValue) -> Record?
  ) async throws {
    let path = "\(files.folder)/\(name)"
    var file = try MappedFile(path, columns: columns, places: places)
    var page = Page<Record?>()
    while let row = try file.next() {
      switch row {
      case .broken(let line, let reason):
        page.rejects.append(Reject(entity: entity, record: "\(path):\(line)", reason: reason))
      case .values(let values):
        do {
          let moment = try moments.moment(of: values)
          if moments.isOld(moment) { continue }
          page.newest = [page.newest, moment].compactMap { $0 }.max()
          page.records.append(try decode(values, EventMapping.isDeleted(values, moments.deleted)))
        } catch {
          page.rejects.append(Reject(entity: entity, record: "\(path):\(values.line)", reason: error.reason))
        }
      }
      if page.records.count + page.rejects.count >= Page<Record>.preferredCount {
        try await receive(page)
        page = Page<Record?>()
      }
    }
    try await receive(page)
  }
}

extension OrderLineRecord {
  /// An event is an order of one line.
  fileprivate init(_ event: MappedEvent) throws(BadValue) {
    let units = (event.amount * 100).rounded()
    guard units <= Double(Hundredths.largest.units) else {
      throw BadValue("amount is too large for the tables")
    }
    let amount = Hundredths(units: Int64(units))
    self.init(
      orderID: event.id, cartID: event.id, customerID: event.customer, category: event.category,
      counterparty: event.counterparty, quantity: 1, price: amount, discount: .zero, lineTotal: amount,
      orderedAt: Int64((event.time * 1_000_000).rounded()), isSyntheticTime: false, coordinates: event.place,
      device: event.device, ip: event.ip)
  }
}

/// When rows of a file changed, and which of them are passed over.
struct RowMoments<Field: RawRepresentable & CaseIterable & Hashable> where Field.RawValue == String {
  private let cursor: Field
  private let format: EventMapping.TimeFormat
  private let zone: Int
  private let oldest: Int64?
  let deleted: Field

  /// - Parameter since: the cursor of the last reading; nil: every row counts.
  init(
    cursor: Field, _ format: EventMapping.TimeFormat, _ zone: Int, since: Int64?, deleted: Field
  ) {
    self.cursor = cursor
    self.format = format
    self.zone = zone
    self.deleted = deleted
    oldest = since.map { $0 - SourceCursors.overlap }
  }

  /// True where rows that are gone have to be told.
  var isReadingChanges: Bool { oldest != nil }

  /// Microseconds since 1970; nil where the row names none.
  func moment(of values: MappedFile<Field>.Values) throws(BadValue) -> Int64? {
    guard let bytes = values.bytes(cursor) else { return nil }
    guard let seconds = TimeReading.seconds(bytes, format, zone: zone) else {
      throw BadValue("cursor is no moment in the format \(format.rawValue)")
    }
    return Int64((seconds * 1_000_000).rounded())
  }

  /// True for a row that was read before. What names no moment may have changed.
  func isOld(_ moment: Int64?) -> Bool {
    guard let oldest, let moment else { return false }
    return moment < oldest
  }
}

extension EventMapping {
  /// True where a row's column says that it is gone: 1, t, true, y or yes.
  static func isDeleted<Field>(_ values: MappedFile<Field>.Values, _ field: Field) -> Bool {
    values.text(field).map { ["1", "t", "true", "y", "yes"].contains($0.lowercased()) } ?? false
  }
}

extension Page {
  /// The page without the rows that are no records.
  fileprivate func present<Found>() -> Page<Found> where Record == Found? {
    Page<Found>(
      records: records.compactMap { $0 }, rejects: rejects, expected: expected, newest: newest)
  }
}
