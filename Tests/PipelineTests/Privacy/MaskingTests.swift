import Glibc
import Testing

@testable import Pipeline

@Suite("Masking before storage")
struct MaskingTests {
  static let masking = Masking(key: MaskingKey(bytes: Array("key".utf8)))

  @Test(
    "formats",
    arguments: [
      ("jane.doe@example.com", "j***e@example.com"), ("Jane@Example.COM", "J***e@example.com"),
      ("joe@example.com", "j***@example.com"), ("jo@example.com", "***@example.com"),
      ("j@example.com", "***@example.com"),
      ("a@b@example.com", "a***@example.com"), ("first@second@example.com", "f***d@example.com"), ("", "***"),
      ("@", "***"),
      ("@example.com", "***"), ("jane.doe", "***"), ("jane@localhost", "***"), ("jane@exa mple.com", "***"),
      ("jane@example.com\u{0}", "j***e@example.com"), ("jane\u{202e}doe@example.com", "j***e@example.com"),
      ("<script>@example.com", "***@example.com"), ("j***e@example.com", "***"), ("jane@.com", "***"),
      ("jänne@example.com", "j***e@example.com"), ("jane@exämple.com", "***"),
    ])
  func email(text: String, mask: String) {
    #expect(Masking.email(text) == mask)
  }

  @Test(
    "names keep the first letter of each word",
    arguments: [
      ("John Doe", "J*** D***"), ("Emily", "E***"), ("Ana María de la Cruz", "A*** M*** d*** l***"),
      ("X Æ", "*** ***"),
      ("", "***"), ("   ", "***"), ("J*** D***", "***"), ("王小明", "王***"), ("\u{1b}[31mEve Li", "*** L***"),
      ("123 456", "*** ***"), ("O'Brien", "O***"), ("👩‍👩‍👧 Smith", "*** S***"),
    ])
  func name(text: String, mask: String) {
    #expect(Masking.name(text) == mask)
  }

  @Test(
    "telephone numbers keep the last four digits",
    arguments: [
      ("+81 965-431-3024", "***3024"), ("12345678", "***5678"), ("1234567", "***"), ("", "***"),
      ("call me", "***"),
      ("٠١٢٣٤٥٦٧٨٩", "***6789"), ("***3024", "***"),
    ])
  func phone(text: String, mask: String) {
    #expect(Masking.phone(text) == mask)
  }

  @Test(
    "the other side of a payment is hashed where it names its holder, one hash for all spellings",
    arguments: [
      (["DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "de89-3704-0044-0532-0130-00"]),
      ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"],
      ["0xb9fc2fe63b2a6c003f1c324c3bfa53259162181a"], ["1BoatSLRHtKNngkdXEeobR76b53LETtpyT"],
      ["bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"], ["Jane@Example.com", "jane@example.com"],
    ])
  func accounts(spellings: [String]) {
    let hashes = Set(spellings.map(Self.masking.counterparty))
    #expect(hashes.count == 1)
    #expect(hashes.first.map { $0.count == 32 && !spellings.contains($0) } == true, "\(hashes)")
  }

  @Test(
    "a shop's name and a number that checks as none stay",
    arguments: [
      "corner", "C1231006815", "fraud_Kirlin and Sons", "M1979787155", "4111 1111 1111 1112",
      "DE88370400440532013000",
      "Café 24 @ the station", "", "0000000000000", "3M Company of the northern region",
      "1st National Bank of Springfield",
    ])
  func shops(text: String) {
    #expect(Self.masking.counterparty(text) == text)
  }

  @Test("places lose all but two decimals")
  func coordinates() throws {
    let place = try #require(Coordinates(latitude: 53.801277, longitude: -1.548567))
    #expect(Masking.coordinates(place) == Coordinates(latitude: 53.8, longitude: -1.55))
  }

  @Test("hashes are full, keyed, and equal for addresses that differ in case and blanks alone")
  func hashes() {
    let hash = Self.masking.emailHash("Jane@Example.com ")
    #expect(hash == Crypto.hmacSHA256Hex(key: "key".utf8, "jane@example.com"))
    #expect(hash.count == 64)
    #expect(hash != Masking(key: MaskingKey(bytes: [1])).emailHash("jane@example.com"))
    #expect(Self.masking.identifierHash("a", kind: "ip") != Self.masking.identifierHash("a", kind: "device"))
    #expect(Self.masking.identifierHash("a", kind: "ip").count == 32)
  }

  /// Texts of odd make: several @, controls, bidirectional marks, combining marks, digits of other scripts, emoji.
  static func oddText(_ random: inout SplitMix64) -> String {
    let pieces = [
      "a", "Z", "9", "@", "@", ".", "-", "_", "+", " ", "\t", "\n", "\u{0}", "\u{1b}", "\u{7f}", "\u{85}",
      "\u{200b}",
      "\u{202e}", "\u{2066}", "\u{feff}", "é", "e\u{301}", "ß", "王", "ﷺ", "١", "𝟗", "👩‍👧", "\u{e0041}",
      "\u{10ffff}", "*",
      "example.com", "jane.doe", "'", "\"", "\\", ";--", "%", "İ", "ǅ",
    ]
    return (0..<random.below(12)).map { _ in random.element(of: pieces) }.joined()
  }

  @Test("no text passes through, whatever it is made of: 20,000 odd ones")
  func total() {
    var random = SplitMix64(seed: 42)
    for _ in 0..<20_000 {
      let text = Self.oddText(&random)
      for mask in [Masking.email(text), Masking.name(text), Masking.phone(text)] {
        #expect(mask != text || mask == Masking.hidden)
        #expect(mask.contains(Masking.hidden))
        #expect(mask == PrintableText.clean(mask))
      }
      let digits = Masking.phone(text).filter(\.isNumber)
      #expect(digits.count == 0 || digits.count == 4)
      let letters = Masking.name(text).unicodeScalars.filter { $0 != "*" && $0 != " " }
      #expect(letters.count <= 4)
      let local = Masking.email(text).prefix { $0 != "@" }.unicodeScalars.filter { $0 != "*" }
      #expect(local.count <= 2)
      if let domain = Masking.emailDomain(text) { #expect(domain.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }) }
    }
  }

  @Test("names, local parts and numbers of real shape never show up in their masks")
  func realShapes() {
    for id in Int64(1)...500 {
      let customer = DemoCustomer(id: id, seed: 9, settings: DemoSettings(customers: 500, seed: 9)).record
      let email = customer.email ?? ""
      #expect(!Masking.email(email).contains(email.prefix { $0 != "@" }))
      for word in (customer.fullName ?? "").split(separator: " ") {
        #expect(!Masking.name(customer.fullName ?? "").contains(word))
      }
      if let phone = customer.phone { #expect(Masking.phone(phone).count == 7) }
    }
  }
}

@Suite("The key of the masks")
struct MaskingKeyTests {
  @Test("MASKING_SALT is the key where it is set")
  func salt() throws {
    let key = try MaskingKey.load(environment: ["MASKING_SALT": "pepper"], dataFolder: "/nowhere")
    #expect(key.bytes == Array("pepper".utf8))
  }

  @Test("without a salt a random key is made once, kept with mode 0600 and used again")
  func keyFile() throws {
    try withTemporaryFolder { folder in
      let first = try MaskingKey.load(environment: ["MASKING_SALT": ""], dataFolder: folder)
      let second = try MaskingKey.load(environment: [:], dataFolder: folder)
      #expect(first.bytes == second.bytes)
      #expect(first.bytes.count == 64)
      #expect(try mode(of: "\(folder)/\(MaskingKey.fileName)") == 0o600)
      let other = try withTemporaryFolder { try MaskingKey.load(environment: [:], dataFolder: $0) }
      #expect(other.bytes != first.bytes)
    }
  }

  @Test("a key file that others can read, a link, a damaged or empty one and a missing folder are refused")
  func refused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/\(MaskingKey.fileName)"
      _ = try MaskingKey.load(environment: [:], dataFolder: folder)
      chmod(path, 0o644)
      #expect(throws: PrivacyError.self) { try MaskingKey.load(environment: [:], dataFolder: folder) }
      chmod(path, 0o600)
      rename(path, "\(folder)/elsewhere")
      symlink("\(folder)/elsewhere", path)
      #expect(throws: PrivacyError.self) { try MaskingKey.load(environment: [:], dataFolder: folder) }
      unlink(path)
      for content in ["", "short", String(repeating: "z", count: 64)] {
        try PrivateFile.create(path, Array(content.utf8))
        #expect(throws: PrivacyError.self) { try MaskingKey.load(environment: [:], dataFolder: folder) }
        unlink(path)
      }
      #expect(throws: PrivacyError.self) {
        try MaskingKey.load(environment: [:], dataFolder: "\(folder)/missing")
      }
    }
  }

  @Test("a key that another process made meanwhile is kept")
  func race() throws {
    try withTemporaryFolder { folder in
      try PrivateFile.create("\(folder)/key", Array("first".utf8))
      try PrivateFile.create("\(folder)/key", Array("second".utf8))
      #expect(try PrivateFile.read("\(folder)/key") == Array("first".utf8))
    }
  }

  @Test("masking is on unless it is switched off in so many words")
  func setting() throws {
    func isEnabled(_ value: String?) throws -> Bool {
      var environment = ["MASKING_SALT": "x"]
      environment["ENABLE_PII_MASKING"] = value
      return try Masking.load(environment: environment, dataFolder: "/nowhere").isEnabled
    }
    for value in [nil, "", "true", "1", "YES", "on"] { #expect(try isEnabled(value)) }
    for value in ["false", "0", "No", "off"] { #expect(try !isEnabled(value)) }
    #expect(throws: PrivacyError.self) { try isEnabled("flase") }
  }
}
