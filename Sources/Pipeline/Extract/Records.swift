/// A customer as a source tells it, in clear. It lives between the source and the masking and is never stored,
/// logged or compared with anything; passwords, account, card and tax numbers have no place in it at all.
public struct CustomerRecord: Sendable, Hashable {
  public var id: Int64
  public var fullName: String?
  public var email: String?
  public var phone: String?
  /// ISO 3166 alpha-2 of the dialling code, see `DiallingCode`.
  public var phoneCountry: String?
  /// ISO 3166 alpha-2 of the bank account; the account itself is never read.
  public var bankCountry: String?
  /// ISO 3166 alpha-2 of the network address.
  public var ipCountry: String?
  public var birthYear: Int?
  public var gender: String?
  public var city: String?
  public var state: String?
  /// The country as the source spells it.
  public var country: String?
  /// ISO 3166 alpha-2 of `country`, nil where it is not known.
  public var countryCode: String?
  public var home: Coordinates?
  public var device: String?
  public var ip: String?
  /// Microseconds since 1970, UTC; nil where the source has none.
  public var signedUpAt: Int64?
  /// True for a customer whom the source says is gone; only the id counts then.
  public var isDeleted = false

  public init(
    id: Int64, fullName: String? = nil, email: String? = nil, phone: String? = nil,
    phoneCountry: String? = nil,
    bankCountry: String? = nil, ipCountry: String? = nil, birthYear: Int? = nil, gender: String? = nil,
    city: String? = nil, state: String? = nil, country: String? = nil, countryCode: String? = nil,
    home: Coordinates? = nil, device: String? = nil, ip: String? = nil, signedUpAt: Int64? = nil
  ) {
    self.id = id
    self.fullName = fullName
    self.email = email
    self.phone = phone
    self.phoneCountry = phoneCountry
    self.bankCountry = bankCountry
    self.ipCountry = ipCountry
    self.birthYear = birthYear
    self.gender = gender
    self.city = city
    self.state = state
    self.country = country
    self.countryCode = countryCode
    self.home = home
    self.device = device
    self.ip = ip
    self.signedUpAt = signedUpAt
  }
}

/// One line of an order (a cart), in clear.
public struct OrderLineRecord: Sendable, Hashable {
  /// Unique among the lines of its customer.
  public var orderID: Int64
  public var cartID: Int64
  public var customerID: Int64
  public var productID: Int64?
  public var product: String?
  public var category: String?
  /// Merchant or terminal, where the source names one.
  public var counterparty: String?
  public var quantity: Int32
  public var price: Hundredths
  /// Percent of price times quantity.
  public var discount: Hundredths
  /// After the discount.
  public var lineTotal: Hundredths
  public var region: String?
  /// Microseconds since 1970, UTC.
  public var orderedAt: Int64
  /// True where the source has no times and `orderedAt` comes from `SyntheticTimeline`.
  public var isSyntheticTime: Bool
  public var place: String?
  public var coordinates: Coordinates?
  public var device: String?
  public var ip: String?
  /// True for a line that the source says is gone; only the ids count then.
  public var isDeleted = false

  public init(
    orderID: Int64, cartID: Int64, customerID: Int64, productID: Int64? = nil, product: String? = nil,
    category: String? = nil, counterparty: String? = nil, quantity: Int32, price: Hundredths,
    discount: Hundredths, lineTotal: Hundredths, region: String? = nil, orderedAt: Int64,
    isSyntheticTime: Bool, place: String? = nil, coordinates: Coordinates? = nil, device: String? = nil,
    ip: String? = nil
  ) {
    self.orderID = orderID
    self.cartID = cartID
    self.customerID = customerID
    self.productID = productID
    self.product = product
    self.category = category
    self.counterparty = counterparty
    self.quantity = quantity
    self.price = price
    self.discount = discount
    self.lineTotal = lineTotal
    self.region = region
    self.orderedAt = orderedAt
    self.isSyntheticTime = isSyntheticTime
    self.place = place
    self.coordinates = coordinates
    self.device = device
    self.ip = ip
  }
}

/// A product of the source's catalogue.
public struct ProductRecord: Sendable, Hashable {
  public var id: Int64
  public var title: String?
  public var category: String?
  public var brand: String?
  public var price: Hundredths?
  public var stock: Int32?
  /// 0 to 5.
  public var rating: Hundredths?

  public init(
    id: Int64, title: String? = nil, category: String? = nil, brand: String? = nil, price: Hundredths? = nil,
    stock: Int32? = nil, rating: Hundredths? = nil
  ) {
    self.id = id
    self.title = title
    self.category = category
    self.brand = brand
    self.price = price
    self.stock = stock
    self.rating = rating
  }
}

/// What is known of an injected or confirmed fraud.
public struct LabelRecord: Sendable, Hashable {
  public var customerID: Int64
  /// 0: the whole customer.
  public var orderID: Int64
  /// The factor the fraud belongs to, or the word of the source.
  public var kind: String

  public init(customerID: Int64, orderID: Int64, kind: String) {
    self.customerID = customerID
    self.orderID = orderID
    self.kind = kind
  }
}

/// Degrees, WGS 84: latitude -90 to 90, longitude -180 to 180.
public struct Coordinates: Sendable, Hashable {
  public var latitude: Double
  public var longitude: Double

  /// Nil outside the ranges and for what is not a number.
  public init?(latitude: Double, longitude: Double) {
    guard abs(latitude) <= 90, abs(longitude) <= 180 else { return nil }
    self.latitude = latitude
    self.longitude = longitude
  }
}

/// A record that cannot be loaded: which one and why, never its content, which may hold what must not be stored.
public struct Reject: Sendable, Hashable {
  public enum Entity: String, Sendable, Hashable, CaseIterable {
    case customer, order, product, label
  }

  public var entity: Entity
  /// An id, or file:line, or a place in the answer.
  public var record: String
  public var reason: String

  public init(entity: Entity, record: String, reason: String) {
    self.entity = entity
    self.record = record
    self.reason = reason
  }
}
