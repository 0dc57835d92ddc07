/// `users.json`, `carts.json` and `products.json` in the shape of the DummyJSON API, in one folder; read as streams.
public struct JSONFiles: Source {
  public let name: String
  public let keepsCartsTogether = true
  private let folder: String

  /// - Parameter folder: holds `users.json` and `carts.json`; `products.json` may be missing.
  public init(folder: String) {
    self.folder = folder
    self.name = "files:\(folder)"
  }

  /// SHA-256 over the files' names and bytes.
  public func fingerprint() throws -> String? {
    var hash = SHA256Hash()
    for file in ["products.json", "users.json", "carts.json"] where ByteFile.exists("\(folder)/\(file)") {
      hash.update("\(file):")
      let bytes = try ByteFile("\(folder)/\(file)")
      while let piece = try bytes.next() { hash.update(piece) }
    }
    return hash.hex()
  }

  public func products(_ receive: PageReceiver<ProductRecord>) async throws {
    guard ByteFile.exists("\(folder)/products.json") else { return }
    try await readPages("products") { bytes, position, page in
      page.add(DummyJSONRecords.product(bytes, at: position))
    } receive: {
      try await receive($0)
    }
  }

  public func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
    try await readPages("users") { bytes, position, page in
      page.add(DummyJSONRecords.customer(bytes, at: position))
    } receive: {
      try await receive($0)
    }
  }

  public func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
    try await readPages("carts") { bytes, position, page in
      page.add(DummyJSONRecords.cart(bytes, at: position))
    } receive: {
      try await receive($0)
    }
  }

  /// Reads `KEY.json`, decodes its records and hands them out in pages.
  private func readPages<Record: Sendable>(
    _ key: String, decode: (_ bytes: [UInt8], _ position: Int, _ page: inout Page<Record>) -> Void,
    receive: (Page<Record>) async throws -> Void
  ) async throws {
    let path = "\(folder)/\(key).json"
    let file = try ByteFile(path)
    var splitter = JSONRecordSplitter(key: key)
    var page = Page<Record>()
    var position = 0
    do {
      while let piece = try file.next() {
        try Task.checkCancellation()
        try splitter.feed(piece) { bytes in
          decode(bytes, position, &page)
          position += 1
        }
        if page.records.count + page.rejects.count >= Page<Record>.preferredCount {
          page.expected = splitter.total
          try await receive(page)
          page = Page()
        }
      }
      try splitter.finish()
    } catch let problem as JSONRecordSplitter.Problem {
      throw ExtractError(problem, place: path, key: key)
    }
    page.expected = splitter.total ?? Int64(position)
    try await receive(page)
  }
}

extension Page {
  mutating func add(_ outcome: DummyJSONRecords.Outcome<Record>) {
    switch outcome {
    case .record(let record): records.append(record)
    case .reject(let reject): rejects.append(reject)
    }
  }

  mutating func add(_ cart: (lines: [OrderLineRecord], rejects: [Reject])) where Record == OrderLineRecord {
    records += cart.lines
    rejects += cart.rejects
  }
}

extension ExtractError {
  /// What is wrong with a document as a whole.
  init(_ problem: JSONRecordSplitter.Problem, place: String, key: String) {
    switch problem.kind {
    case .html:
      self.init(
        .notJSON, place: place, problem: "HTML came where JSON was expected",
        advice: "check the address: it answers with a web page (a login, proxy or error page?)")
    case .notJSON:
      self.init(
        .notJSON, place: place, problem: "something else came where JSON was expected",
        advice: "it must hold {\"\(key)\": [...]}")
    case .noArray:
      self.init(
        .notJSON, place: place, problem: "the JSON holds no list \"\(key)\"",
        advice: "it must hold {\"\(key)\": [...]}")
    case .endsTooEarly:
      self.init(
        .truncated, place: place, problem: "the JSON ends too early, after byte \(problem.offset)",
        advice: "fetch it again whole")
    case .unexpected:
      self.init(
        .malformed, place: place, problem: "the JSON is broken at byte \(problem.offset)",
        advice: "correct the data at its origin")
    case .tooDeep:
      self.init(
        .tooLarge, place: place, problem: "the JSON is nested deeper than \(JSONLimits.depth) levels",
        advice: "this is not data of this kind")
    case .recordTooLong:
      self.init(
        .tooLarge, place: place,
        problem: "a record before byte \(problem.offset) is longer than \(JSONLimits.recordBytes >> 20) MB",
        advice: "this is not data of this kind")
    case .keyTooLong:
      self.init(
        .tooLarge, place: place,
        problem: "a key or number at byte \(problem.offset) is longer than \(JSONLimits.topLevelBytes) bytes",
        advice: "this is not data of this kind")
    }
  }
}
