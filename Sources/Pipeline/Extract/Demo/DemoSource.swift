/// Made-up customers and 12 months of their orders, with labelled frauds among them; needs nothing from outside.
///
/// The same settings give the same records, on every machine and at every time. Each customer is made from the seed
/// and the customer's number alone, so any number of them streams through a flat memory.
public struct DemoSource: Source {
  public let name = "demo"
  public let keepsCartsTogether = true
  private let settings: DemoSettings

  public init(_ settings: DemoSettings) {
    self.settings = settings
  }

  /// The settings and the generation of the generator.
  public func fingerprint() throws -> String? {
    "demo 1, \(settings.customers) customers, seed \(settings.seed), reference \(settings.reference)"
  }

  public func products(_ receive: PageReceiver<ProductRecord>) async throws {
    let records = DemoWorld.products.map { product in
      ProductRecord(
        id: product.id, title: product.title, category: DemoWorld.categories[product.category].name,
        brand: product.brand, price: product.price, stock: product.stock, rating: product.rating)
    }
    try await receive(Page(records: records, expected: Int64(records.count)))
  }

  public func customers(_ receive: PageReceiver<CustomerRecord>) async throws {
    try await pages(receive, expected: settings.customers) { customer, records in
      records.append(customer.record)
    }
  }

  public func orders(_ receive: PageReceiver<OrderLineRecord>) async throws {
    try await pages(receive) { customer, records in
      records += DemoHistory(of: customer, settings: settings).lines
    }
  }

  public func labels(_ receive: PageReceiver<LabelRecord>) async throws {
    try await pages(receive) { customer, records in
      if customer.fraud != nil { records += DemoHistory(of: customer, settings: settings).labels }
    }
  }

  private func pages<Record: Sendable>(
    _ receive: PageReceiver<Record>, expected: Int64? = nil, _ append: (DemoCustomer, inout [Record]) -> Void
  ) async throws {
    var page = Page<Record>(expected: expected)
    for id in stride(from: Int64(1), through: settings.customers, by: 1) {
      append(DemoCustomer(id: id, seed: settings.seed, settings: settings), &page.records)
      if page.records.count >= Page<Record>.preferredCount {
        try await receive(page)
        page.records.removeAll(keepingCapacity: true)
      }
    }
    try await receive(page)
  }
}
