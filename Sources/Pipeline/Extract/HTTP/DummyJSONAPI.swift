/// Users, carts and products of a server that speaks as the DummyJSON API does, page by page over HTTP.
public struct DummyJSONAPI: Source {
  public let name: String
  public let keepsCartsTogether = true
  private let base: String
  private let pageSize: Int
  private let fetch: @Sendable () -> HTTPFetch

  /// What is asked of each user: passwords, tax numbers and wallets do not even travel where the server obeys.
  private static let userFields =
    "id,firstName,lastName,email,phone,gender,birthDate,ip,macAddress,address,bank"

  /// - Throws: `ExtractError` where the URL is no http or https address, or holds a password.
  public init(baseURL: String = SourceSelection.publicBaseURL) throws {
    try self.init(baseURL: baseURL, pageSize: 100) { HTTPFetch(transport: CurlTransport()) }
  }

  /// - Parameter fetch: makes what one endpoint is read with; the three are read at the same time.
  init(baseURL: String, pageSize: Int, fetch: @escaping @Sendable () -> HTTPFetch) throws {
    let trimmed = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    guard HTTPURL(trimmed) != nil, !trimmed.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw ExtractError(
        .badSpecification, place: "--base-url",
        problem: "this is no http or https address, or it holds a password",
        advice: "give one such as \(SourceSelection.publicBaseURL)")
    }
    base = trimmed
    name = trimmed == SourceSelection.publicBaseURL ? "dummyjson" : "dummyjson:\(trimmed)"
    self.pageSize = pageSize
    self.fetch = fetch
  }

  public func products(_ receive: PageReceiver<ProductRecord>) async throws {
    try await readPages("products", fields: nil, receive) { bytes, position, page in
      page.add(DummyJSONRecords.product(bytes, at: position))
    }
  }

  public func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
    try await readPages("users", fields: DummyJSONAPI.userFields, receive) { bytes, position, page in
      page.add(DummyJSONRecords.customer(bytes, at: position))
    }
  }

  public func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
    try await readPages("carts", fields: nil, receive) { bytes, position, page in
      page.add(DummyJSONRecords.cart(bytes, at: position))
    }
  }

  /// Reads an endpoint to its announced total; pages that end before it are an error, for half of the data must not
  /// pass as all of it.
  private func readPages<Record: Sendable>(
    _ key: String, fields: String?, _ receive: PageReceiver<Record>,
    decode: (_ bytes: [UInt8], _ position: Int, _ page: inout Page<Record>) -> Void
  ) async throws {
    let fetch = fetch()
    var position = 0
    while true {
      try Task.checkCancellation()
      let selection = fields.map { "&select=\($0)" } ?? ""
      let address = "\(base)/\(key)?limit=\(pageSize)&skip=\(position)\(selection)"
      guard let url = HTTPURL(address) else {
        throw ExtractError(
          .badSpecification, place: address, problem: "no address", advice: "check --base-url")
      }
      let body = try await fetch.get(url).body
      let start = position
      var page = Page<Record>()
      let total = try records(of: body, key, at: url) { bytes in
        decode(bytes, position, &page)
        position += 1
      }
      page.expected = total
      try await receive(page)
      if let total, position >= total { return }
      if position == start, let total {
        throw ExtractError(
          .incomplete, place: url.text, problem: "the pages ended after \(position) of \(total) \(key)",
          advice: "run again; the last published data stay")
      }
      if total == nil, position - start < pageSize { return }
    }
  }

  /// Hands out the records of one answer and returns the total it announces.
  private func records(
    of body: [UInt8], _ key: String, at url: HTTPURL, _ onRecord: ([UInt8]) -> Void
  ) throws -> Int64? {
    var splitter = JSONRecordSplitter(key: key)
    do {
      try splitter.feed(body, onRecord)
      try splitter.finish()
    } catch let problem as JSONRecordSplitter.Problem {
      throw ExtractError(problem, place: url.text, key: key)
    }
    return splitter.total
  }
}
