/// A folder with a transactions file and perhaps a customers file, read for the scoring.
public struct EventFiles: Sendable {
  public let folder: String
  public let mapping: EventMapping

  /// Seconds since 1970; what is dated more than a day later is rejected.
  let now: Double

  /// - Parameter now: nil: the clock.
  public init(folder: String, mapping: EventMapping, now: Double? = nil) {
    self.folder = folder
    self.mapping = mapping
    self.now = now ?? Clock.now
  }

  /// A row that cannot be used.
  public struct RejectedRow: Sendable, Hashable, Encodable {
    public let file: String
    public let line: Int
    public let reason: String
  }

  /// Whole customers in memory (about 100 bytes an event), and what is known of frauds among their events.
  public struct Loaded: Sendable {
    public var events: EventsInMemory
    /// By event id, where the mapping names a label: frauds alone, with their kind.
    public var frauds: [Int64: String] = [:]
    public var hasLabels = false
    public var eventCount = 0
    public var customerCount = 0
    /// The rejected rows.
    public var rejects: [RejectedRow] = []

    /// The rejected rows as CSV.
    public var rejectTable: String {
      func quoted(_ text: String) -> String {
        "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
      }
      return rejects.reduce(into: "file,line,reason\n") {
        $0 += "\(quoted($1.file)),\($1.line),\(quoted($1.reason))\n"
      }
    }

    mutating func reject(_ path: String, _ line: Int, _ reason: String) {
      rejects.append(RejectedRow(file: path, line: line, reason: reason))
    }
  }

  /// Reads everything. Rows that are no events are rejected; so are events that carry an id seen before.
  /// - Throws: `ExtractError` where a file is not there or lacks a column.
  public func load() throws -> Loaded {
    var loaded = Loaded(events: EventsInMemory(batches: [], categoryNames: [""]))
    var profiles: [Int64: CustomerProfile] = [:]
    if let name = mapping.customersFile {
      let path = "\(folder)/\(name)"
      var file = try MappedFile(
        path, columns: mapping.customerColumns, places: mapping.customerPlaces)
      while let row = try file.next() {
        Self.take(row, path, &loaded) { (values) throws(BadValue) in
          if EventMapping.isDeleted(values, .deleted) { return }
          let record = try CustomerRecord(values, mapping)
          guard profiles[record.id] == nil else { throw BadValue("a customer with this id came before") }
          profiles[record.id] = CustomerProfile(record)
        }
      }
    }
    var categories = CategoryNames()
    // Who has no events yet is scored by the profile.
    var byCustomer: [Int64: [ScoringEvent]] = profiles.mapValues { _ in [] }
    var seen: Set<Int64> = []
    var frauds: [Int64: String] = [:]
    let path = "\(folder)/\(mapping.eventsFile)"
    var file = try MappedFile(path, columns: mapping.eventColumns, places: mapping.eventPlaces)
    loaded.hasLabels = mapping.eventColumns[.label] != nil
    while let row = try file.next() {
      Self.take(row, path, &loaded) { (values) throws(BadValue) in
        if EventMapping.isDeleted(values, .deleted) { return }
        let event = try MappedEvent(values, mapping, now: now)
        guard seen.insert(event.id).inserted else { throw BadValue("an event with this id came before") }
        byCustomer[event.customer, default: []].append(
          ScoringEvent(event, category: event.category.map { categories.number(of: $0) } ?? 0))
        if event.isFraud == true { frauds[event.id] = event.kind ?? "fraud" }
      }
    }
    loaded.frauds = frauds
    loaded.eventCount = seen.count
    loaded.customerCount = byCustomer.count
    loaded.events = Self.batches(byCustomer, profiles, categories.names)
    return loaded
  }

  /// Takes what is known of frauds from a file of its own, instead of the transactions file: a CSV with the columns the
  /// mapping names as id, label (default `is_fraud`) and, where it is there, label_kind.
  /// - Throws: `ExtractError` where the file is not there or lacks a column.
  public func readLabels(_ path: String, into loaded: inout Loaded) throws {
    var columns: [EventMapping.EventField: String] = [
      .id: mapping.eventColumns[.id] ?? "id", .label: mapping.eventColumns[.label] ?? "is_fraud",
    ]
    if let kind = mapping.eventColumns[.labelKind] { columns[.labelKind] = kind }
    var file = try MappedFile(path, columns: columns)
    var frauds: [Int64: String] = [:]
    loaded.hasLabels = true
    while let row = try file.next() {
      Self.take(row, path, &loaded) { (values) throws(BadValue) in
        guard let id = values.integer(.id) else { throw BadValue("id is missing or no whole number") }
        guard let label = values.text(.label), mapping.fraudValues.contains(label) else { return }
        frauds[id] = values.text(.labelKind) ?? "fraud"
      }
    }
    loaded.frauds = frauds
  }

  private static func take<Field>(
    _ row: MappedFile<Field>.Row, _ path: String, _ loaded: inout Loaded,
    _ use: (MappedFile<Field>.Values) throws(BadValue) -> Void
  ) {
    switch row {
    case .broken(let line, let reason): loaded.reject(path, line, reason)
    case .values(let values):
      do {
        try use(values)
      } catch {
        loaded.reject(path, values.line, error.reason)
      }
    }
  }

  private static func batches(
    _ byCustomer: [Int64: [ScoringEvent]], _ profiles: [Int64: CustomerProfile], _ names: [String]
  ) -> EventsInMemory {
    var batches: [EventBatch] = []
    var batch = EventBatch()
    for (customer, events) in byCustomer.sorted(by: { $0.key < $1.key }) {
      batch.append(
        profiles[customer] ?? CustomerProfile(id: customer),
        events: events.sorted { ($0.time, $0.id) < ($1.time, $1.id) })
      if batch.events.count >= 16_384 {
        batches.append(batch)
        batch = EventBatch()
      }
    }
    if !batch.customers.isEmpty { batches.append(batch) }
    return EventsInMemory(batches: batches, categoryNames: names)
  }
}

extension ScoringEvent {
  init(_ event: MappedEvent, category: Int32) {
    func hash(_ text: String?) -> UInt64 { text.map { stableHash($0) } ?? 0 }
    self.init(
      id: event.id, time: event.time, amount: event.amount, category: category,
      counterparty: hash(event.counterparty), device: hash(event.device), ip: hash(event.ip),
      latitude: event.place?.latitude ?? .nan, longitude: event.place?.longitude ?? .nan)
  }
}

extension CustomerProfile {
  /// What the scoring keeps of a customer: no name, no address, nothing that identifies a person.
  init(_ record: CustomerRecord) {
    let details: [Bool] = [
      record.fullName != nil, record.email != nil, record.phone != nil, record.birthYear != nil,
      record.city != nil,
      record.country != nil,
    ]
    let filled = details.count { $0 }
    let domain = record.email.flatMap { $0.split(separator: "@").last }.map { $0.lowercased() }
    self.init(
      id: record.id, signedUpAt: record.signedUpAt.map { Double($0) / 1_000_000 },
      homeLatitude: record.home?.latitude, homeLongitude: record.home?.longitude,
      addressCountry: record.countryCode ?? record.country, phoneCountry: record.phoneCountry,
      bankCountry: record.bankCountry, ipCountry: record.ipCountry, emailDomain: domain,
      device: record.device.map { stableHash($0) } ?? 0, ip: record.ip.map { stableHash($0) } ?? 0,
      filledFields: filled > 0 ? filled : nil)
  }
}
