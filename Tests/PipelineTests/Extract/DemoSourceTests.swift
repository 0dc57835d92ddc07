import Testing

@testable import Pipeline

@Suite("The demo source")
struct DemoSourceTests {
  @Test("the same seed gives the same records, another seed others")
  func deterministic() async throws {
    let first = try await Collected(DemoSource(DemoSettings(customers: 60, seed: 7)))
    let second = try await Collected(DemoSource(DemoSettings(customers: 60, seed: 7)))
    let other = try await Collected(DemoSource(DemoSettings(customers: 60, seed: 8)))
    #expect(first.customers == second.customers)
    #expect(first.lines == second.lines)
    #expect(first.labels == second.labels)
    #expect(first.products == second.products)
    #expect(first.lines != other.lines)
  }

  @Test("records do not change from version to version without the fingerprint saying so")
  func pinned() async throws {
    let demo = try await Collected(DemoSource(DemoSettings(customers: 40, seed: 1)))
    var hash = SHA256Hash()
    for line in demo.lines { hash.update("\(line)") }
    for customer in demo.customers { hash.update("\(customer)") }
    #expect(hash.hex().prefix(16) == "159ad0edb77fdbe2")
    #expect(
      try DemoSource(DemoSettings(customers: 40, seed: 1)).fingerprint()
        == "demo 1, 40 customers, seed 1, reference 1767225600000000")
  }

  @Test("keys are unique, lines belong to customers, carts to one time, totals are exact")
  func consistent() async throws {
    let settings = DemoSettings(customers: 700, seed: 3)
    let demo = try await Collected(DemoSource(settings))
    #expect(demo.customers.map(\.id) == Array(1...700))
    #expect(Set(demo.lines.map(\.orderID)).count == demo.lines.count)
    #expect(demo.lines.allSatisfy { (1...700).contains($0.customerID) })
    let timesOfCart = Dictionary(grouping: demo.lines, by: \.cartID).mapValues {
      Set($0.map(\.orderedAt)).count
    }
    #expect(timesOfCart.values.allSatisfy { $0 == 1 })
    #expect(demo.lines.allSatisfy { $0.orderedAt < settings.reference && $0.orderedAt >= settings.start })
    let signUps = Dictionary(uniqueKeysWithValues: demo.customers.map { ($0.id, $0.signedUpAt ?? .max) })
    #expect(demo.lines.allSatisfy { $0.orderedAt > signUps[$0.customerID] ?? .max })
    for line in demo.lines {
      let exact = line.price.units * Int64(line.quantity) * (10_000 - line.discount.units)
      #expect(abs(line.lineTotal.units * 10_000 - exact) <= 5_000)
    }
    let products = Set(demo.products.map(\.id))
    #expect(demo.lines.allSatisfy { $0.productID.map(products.contains) ?? false })
  }

  @Test("every kind of fraud is there, and every label names a line or a customer")
  func labels() async throws {
    let demo = try await Collected(DemoSource(DemoSettings(customers: 350, seed: 5)))
    #expect(Set(demo.labels.map(\.kind)) == Set(DemoFraud.allCases.map(\.rawValue)))
    let lines = Set(demo.lines.map(\.orderID))
    #expect(demo.labels.allSatisfy { $0.orderID == 0 || lines.contains($0.orderID) })
    #expect(demo.labels.count < demo.lines.count / 5)
  }

  @Test("days have a rhythm: the small hours are quiet, the evening and the weekend are busy")
  func rhythm() async throws {
    let demo = try await Collected(DemoSource(DemoSettings(customers: 1_000, seed: 1)))
    var hours = [Int](repeating: 0, count: 24)
    var days = [Int](repeating: 0, count: 7)
    for line in demo.lines {
      hours[Int(line.orderedAt / 3_600_000_000 % 24)] += 1
      days[Int(line.orderedAt / 86_400_000_000 % 7)] += 1
    }
    #expect(hours[20] > 10 * hours[3])
    #expect(days[2] > days[4])
  }

  @Test("order counts are skewed, several countries are there, and some good customers leave")
  func believable() async throws {
    let settings = DemoSettings(customers: 2_000, seed: 1)
    let demo = try await Collected(DemoSource(settings))
    let carts = Dictionary(grouping: demo.lines, by: \.customerID).mapValues { Set($0.map(\.cartID)).count }
    let counts = carts.values.sorted()
    #expect(counts[counts.count / 2] <= 3)
    #expect(counts.last ?? 0 > 20)
    #expect(Set(demo.customers.compactMap(\.countryCode)).count >= 10)
    #expect(demo.customers.contains { $0.phone == nil })
    let spent = Dictionary(grouping: demo.lines, by: \.customerID).mapValues { lines in
      (total: lines.reduce(0) { $0 + $1.lineTotal.units }, last: lines.map(\.orderedAt).max() ?? 0)
    }
    let quiet = spent.values.filter {
      $0.total > 1_000_000 && settings.reference - $0.last > 45 * 86_400_000_000
    }
    #expect(quiet.count >= 5)
    #expect(quiet.count < spent.values.filter { $0.total > 1_000_000 }.count)
  }

  @Test("pages stay small however many customers there are")
  func paged() async throws {
    try await DemoSource(DemoSettings(customers: 5_000, seed: 1)).orders { page in
      #expect(page.records.count < Page<OrderLineRecord>.preferredCount + 700)
    }
  }
}
