import Synchronization

@testable import Pipeline

/// Everything a source hands out, for small sources.
struct Collected {
  var products: [ProductRecord] = []
  var customers: [CustomerRecord] = []
  var lines: [OrderLineRecord] = []
  var labels: [LabelRecord] = []
  var rejects: [Reject] = []

  init(_ source: any Source) async throws {
    let products = Mutex<[Page<ProductRecord>]>([])
    let customers = Mutex<[Page<CustomerRecord>]>([])
    let lines = Mutex<[Page<OrderLineRecord>]>([])
    let labels = Mutex<[Page<LabelRecord>]>([])
    try await source.products { page in products.withLock { $0.append(page) } }
    try await source.customers { page in customers.withLock { $0.append(page) } }
    try await source.orders { page in lines.withLock { $0.append(page) } }
    try await source.labels { page in labels.withLock { $0.append(page) } }
    self.products = products.withLock { $0.flatMap(\.records) }
    self.customers = customers.withLock { $0.flatMap(\.records) }
    self.lines = lines.withLock { $0.flatMap(\.records) }
    self.labels = labels.withLock { $0.flatMap(\.records) }
    rejects =
      products.withLock { $0.flatMap(\.rejects) } + customers.withLock { $0.flatMap(\.rejects) }
      + lines.withLock { $0.flatMap(\.rejects) }
  }
}
