/// The same folder as a source of the pipeline: customers and one order line an event, streamed page by page.
public struct EventFileSource: Source {
  private let files: EventFiles
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

  /// There is no catalogue.
  public func products(_ receive: PageReceiver<ProductRecord>) async throws {}

  public func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
    guard let name = files.mapping.customersFile else { return try await customersOfEvents(receive) }
    let mapping = files.mapping
    try await pages(name, mapping.customerColumns, mapping.customerPlaces, .customer, receive) {
      (values) throws(BadValue) in
      try CustomerRecord(values, mapping)
    }
  }

  /// Without a customers file, customers are known by their events.
  private func customersOfEvents(_ receive: PageReceiver<CustomerRecord>) async throws {
    let (mapping, now) = (files.mapping, files.now)
    var seen: Set<Int64> = []
    // Rows that are no events are rejected with the orders.
    let known: PageReceiver<CustomerRecord?> = { page in
      try await receive(Page(records: page.records.compactMap { $0 }))
    }
    try await pages(mapping.eventsFile, mapping.eventColumns, mapping.eventPlaces, .customer, known) {
      (values) throws(BadValue) in
      let event = try MappedEvent(values, mapping, now: now)
      return seen.insert(event.customer).inserted ? CustomerRecord(id: event.customer) : nil
    }
  }

  public func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
    let (mapping, now) = (files.mapping, files.now)
    try await pages(mapping.eventsFile, mapping.eventColumns, mapping.eventPlaces, .order, receive) {
      (values) throws(BadValue) in
      try OrderLineRecord(try MappedEvent(values, mapping, now: now))
    }
  }

  public func labels(_ receive: PageReceiver<LabelRecord>) async throws {
    let (mapping, now) = (files.mapping, files.now)
    guard mapping.eventColumns[.label] != nil else { return }
    // Rows that are no events were rejected with the orders already.
    let frauds: PageReceiver<LabelRecord?> = { page in
      try await receive(Page(records: page.records.compactMap { $0 }))
    }
    try await pages(mapping.eventsFile, mapping.eventColumns, mapping.eventPlaces, .label, frauds) {
      (values) throws(BadValue) in
      let event = try MappedEvent(values, mapping, now: now)
      guard event.isFraud == true else { return nil }
      return LabelRecord(customerID: event.customer, orderID: event.id, kind: event.kind ?? "fraud")
    }
  }

  private func pages<Field, Record: Sendable>(
    _ name: String, _ columns: [Field: String], _ places: [Field: String], _ entity: Reject.Entity,
    _ receive: PageReceiver<Record>,
    _ decode: (MappedFile<Field>.Values) throws(BadValue) -> Record
  ) async throws {
    let path = "\(files.folder)/\(name)"
    var file = try MappedFile(path, columns: columns, places: places)
    var page = Page<Record>()
    while let row = try file.next() {
      switch row {
      case .broken(let line, let reason):
        page.rejects.append(Reject(entity: entity, record: "\(path):\(line)", reason: reason))
      case .values(let values):
        do {
          page.records.append(try decode(values))
        } catch {
          page.rejects.append(Reject(entity: entity, record: "\(path):\(values.line)", reason: error.reason))
        }
      }
      if page.records.count + page.rejects.count >= Page<Record>.preferredCount {
        try await receive(page)
        page = Page<Record>()
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
