import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("JSON files")
struct JSONFilesTests {
  /// A folder with the given files.
  static func withFiles<Answer>(_ files: [String: String], _ body: (String) async throws -> Answer)
    async throws -> Answer
  {
    let folder = FileManager.default.temporaryDirectory.path + "/riskdeck-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { _ = try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files {
      try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
    return try await body(folder)
  }

  static let shop = [
    "users.json": "{\"users\":[\(HTTPStubShop.user(1))],\"total\":1}",
    "carts.json": "[\(HTTPStubShop.cart(1, user: 1))]",
    "products.json": "{\"products\":[\(HTTPStubShop.products.joined(separator: ","))]}",
  ]

  @Test("users, carts and products are read; nothing that must not be known is in a record")
  func reads() async throws {
    try await Self.withFiles(Self.shop) { folder in
      let source = try SourceSelection(source: "files:\(folder)").open()
      let shop = try await Collected(source)
      let customer = try #require(shop.customers.first)
      #expect(
        customer
          == CustomerRecord(
            id: 1, fullName: "Ada1 Stone", email: "ada1@shop.example", phone: "+44 20 7946 0101",
            phoneCountry: "GB",
            bankCountry: "GB", birthYear: 1980, gender: "female", city: "Leeds", state: "England",
            country: "United Kingdom", countryCode: "GB",
            home: Coordinates(latitude: 53.801277, longitude: -1.548567),
            device: "aa:bb:1", ip: "198.51.100.1"))
      #expect(shop.lines.map(\.lineTotal) == [Hundredths(units: 558), Hundredths(units: 4_000)])
      #expect(shop.lines.allSatisfy { $0.isSyntheticTime && $0.category == nil })
      let all = "\(shop.customers)\(shop.lines)\(shop.products)"
      for secret in ["secret1", "900-00-1", "4000000000000002", "BUKB", "High Street"] {
        #expect(!all.contains(secret))
      }
    }
  }

  @Test("the catalogue may be missing, users and carts may not")
  func missing() async throws {
    try await Self.withFiles(Self.shop.filter { $0.key != "products.json" }) { folder in
      let shop = try await Collected(JSONFiles(folder: folder))
      #expect(shop.lines.count == 2)
    }
    try await Self.withFiles(Self.shop.filter { $0.key != "carts.json" }) { folder in
      let error = await #expect(throws: ExtractError.self) { try await Collected(JSONFiles(folder: folder)) }
      #expect(error?.code == .file)
      #expect(error?.description.contains("\(folder)/carts.json: cannot be read: No such file") == true)
    }
    let error = #expect(throws: ExtractError.self) { try SourceSelection(source: "files:/nowhere").open() }
    #expect(error?.code == .file)
  }

  @Test("a truncated file is one clear error with its place")
  func truncated() async throws {
    var files = Self.shop
    files["users.json"] = "{\"users\":[{\"id\":1"
    try await Self.withFiles(files) { folder in
      let error = await #expect(throws: ExtractError.self) { try await Collected(JSONFiles(folder: folder)) }
      #expect(
        error?.description
          == "\(folder)/users.json: the JSON ends too early, after byte 17; fetch it again whole")
    }
  }

  @Test("the fingerprint follows the content")
  func fingerprint() async throws {
    try await Self.withFiles(Self.shop) { folder in
      let source = JSONFiles(folder: folder)
      let first = try source.fingerprint()
      #expect(try source.fingerprint() == first)
      try "[]".write(toFile: "\(folder)/carts.json", atomically: true, encoding: .utf8)
      #expect(try source.fingerprint() != first)
    }
  }

  @Test(
    "sources that are none are refused with what to give instead",
    arguments: ["", "demo2", "file:x", "http://x", "files:"])
  func selection(source: String) {
    let error = #expect(throws: ExtractError.self) { try SourceSelection(source: source).open() }
    #expect(error?.advice.isEmpty == false)
    #expect(throws: ExtractError.self) { try SourceSelection(demo: DemoSettings(customers: 0)).open() }
  }

  @Test("synthetic times depend on the cart alone, fill the year and keep shop hours")
  func timeline() {
    #expect(SyntheticTimeline.orderedAt(cartID: 1) == SyntheticTimeline.orderedAt(cartID: 1))
    let times = (Int64(1)...2_000).map(SyntheticTimeline.orderedAt(cartID:))
    let year: Int64 = 365 * 86_400_000_000
    #expect(times.allSatisfy { $0 < SyntheticTimeline.reference && $0 >= SyntheticTimeline.reference - year })
    #expect(Set(times.map { ($0 - SyntheticTimeline.reference) / (year / 12) }).count == 12)
    #expect(times.count { $0 / 3_600_000_000 % 24 < 5 } < 100)
  }
}
