/// Turns what identifies a person into what may be stored. Total: every text becomes a masked one or nothing.
///
/// What stays: the first letter of each name, first and last letter of a longer e-mail name with its domain, the last
/// four digits of a telephone number, the year of birth, places to two decimals (about one kilometre).
/// Keyed hashes (HMAC-SHA-256) keep equality, so that accounts that share an address or a device still meet.
public struct Masking: Sendable {
  /// False: names, addresses and telephone numbers are stored in clear as well, in `restricted.identities` for the role
  /// riskdeck_pii; devices, network addresses, accounts and places are stored as they come; rows say so (`is_masked`).
  public let isEnabled: Bool
  private let keyedHash: KeyedHash

  public init(key: MaskingKey, isEnabled: Bool = true) {
    self.isEnabled = isEnabled
    self.keyedHash = KeyedHash(key: key.bytes)
  }

  /// What stands for a value of which nothing may be shown.
  public static let hidden = "***"

  // MARK: - Formats

  /// `John Doe` -> `J*** D***`. A word of one letter, and one that starts with no letter, shows nothing.
  public static func name(_ text: String) -> String {
    let words = PrintableText.clean(text).split(separator: " ").prefix(4).map { word -> String in
      guard word.unicodeScalars.count > 1, let first = word.unicodeScalars.first,
        first.properties.isAlphabetic
      else { return hidden }
      return "\(first)\(hidden)"
    }
    return masked(words.joined(separator: " "), insteadOf: text)
  }

  /// `jane.doe@example.com` -> `j***e@example.com`; names of three letters show the first, shorter ones nothing.
  /// What has no plain domain is hidden whole.
  public static func email(_ text: String) -> String {
    guard let (local, domain) = split(email: text) else { return hidden }
    let scalars = Array(local.unicodeScalars)
    let first = scalars.count >= 3 ? shown(scalars.first) : ""
    let last = scalars.count >= 4 ? shown(scalars.last) : ""
    return masked("\(first)\(hidden)\(last)@\(domain)", insteadOf: text)
  }

  /// The part behind the last `@`, in lower case; nil where it is no domain.
  public static func emailDomain(_ text: String) -> String? {
    split(email: text)?.domain
  }

  /// `+81 965-431-3024` -> `***3024`; numbers of fewer than eight digits show nothing.
  public static func phone(_ text: String) -> String {
    let digits = text.unicodeScalars.compactMap { scalar in
      scalar.properties.generalCategory == .decimalNumber
        ? scalar.properties.numericValue.map { String(Int($0)) } : nil
    }
    guard digits.count >= 8 else { return hidden }
    return hidden + digits.suffix(4).joined()
  }

  /// To two decimals, about one kilometre.
  public static func coordinates(_ place: Coordinates) -> Coordinates {
    var place = place
    place.latitude = (place.latitude * 100).rounded() / 100
    place.longitude = (place.longitude * 100).rounded() / 100
    return place
  }

  /// HMAC-SHA-256 of the trimmed, lower-case address, 64 hexadecimal digits.
  public func emailHash(_ text: String) -> String {
    keyedHash.hex(PrintableText.clean(text).lowercased())
  }

  /// Tells one masking key from another, masking from none, and what is masked from what an earlier version masked, without
  /// telling the key.
  var fingerprint: String { emailHash("fingerprint@riskdeck") + " 2" + (isEnabled ? "" : " off") }

  /// HMAC-SHA-256 of a device identifier or network address, cut to 32 hexadecimal digits; one namespace a kind, so
  /// that a device never equals an address by chance.
  public func identifierHash(_ text: String, kind: String) -> String {
    String(keyedHash.hex("\(kind):\(text)").prefix(32))
  }

  /// The other side of a payment as it may be stored: a shop's name as it is; the number of an account, card or wallet, or an
  /// e-mail address, as a hash of 32 hexadecimal digits that keeps equality.
  public func counterparty(_ text: String) -> String {
    Masking.namesHolder(text).map { identifierHash($0, kind: "counterparty") } ?? text
  }

  /// The spelling to hash where the other side of a payment is told by what names its holder; nil where it is not.
  static func namesHolder(_ text: String) -> String? {
    AccountNumber.spelling(text)
      ?? (text.utf8.contains(UInt8(ascii: "@")) && split(email: text) != nil ? text.lowercased() : nil)
  }

  // MARK: - Parts

  private static func split(email text: String) -> (local: String, domain: String)? {
    let cleaned = PrintableText.clean(text)
    guard let at = cleaned.lastIndex(of: "@"), at != cleaned.startIndex else { return nil }
    let domain = cleaned[cleaned.index(after: at)...].lowercased()
    let isDomain =
      domain.utf8.count <= 253 && domain.contains(".") && !domain.hasPrefix(".") && !domain.hasSuffix(".")
      && domain.utf8.allSatisfy(isDomainByte)
    return isDomain ? (String(cleaned[..<at]), domain) : nil
  }

  private static func isDomainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func shown(_ scalar: Unicode.Scalar?) -> String {
    guard let scalar, scalar.properties.isAlphabetic || scalar.properties.numericType != nil else {
      return ""
    }
    return String(scalar)
  }

  /// An input that happens to look like its own mask shows nothing at all.
  private static func masked(_ mask: String, insteadOf text: String) -> String {
    mask.isEmpty || mask == text ? hidden : mask
  }
}
