/// How records become rows of the raw tables: masked, and free of what a terminal would act on.
struct RawRows {
  let masking: Masking
  let source: String
  private var devices = RecentHashes()
  private var addresses = RecentHashes()

  init(masking: Masking, source: String) {
    self.masking = masking
    self.source = PrintableText.clean(source)
  }

  static let customerColumns = [
    "customer_id", "full_name", "email", "email_hash", "email_domain", "phone", "phone_country",
    "bank_country",
    "ip_country", "birth_year", "gender", "city", "state", "country", "country_code", "home_latitude",
    "home_longitude", "device", "ip", "signed_up_at", "is_masked", "source",
  ]

  /// Clear identities, on their way to `restricted.identities`; null while masking is on.
  static let identityColumns = ["clear_name", "clear_email", "clear_phone"]
  /// Says which incoming row stands for one that is gone.
  static let deletionColumn = "is_deleted"

  mutating func append(_ customer: CustomerRecord, to copy: inout BinaryCopy) {
    let home = customer.home.map { masking.isEnabled ? Masking.coordinates($0) : $0 }
    copy.beginRow(columns: Int16(RawRows.customerColumns.count + RawRows.identityColumns.count + 1))
    copy.append(customer.id)
    copy.append(customer.fullName.map(Masking.name))
    copy.append(customer.email.map(Masking.email))
    copy.append(customer.email.map(masking.emailHash))
    copy.append(customer.email.flatMap(Masking.emailDomain))
    copy.append(customer.phone.map(Masking.phone))
    copy.append(clean(customer.phoneCountry))
    copy.append(clean(customer.bankCountry))
    copy.append(clean(customer.ipCountry))
    copy.append(customer.birthYear.flatMap(Int32.init(exactly:)))
    copy.append(clean(customer.gender))
    copy.append(clean(customer.city))
    copy.append(clean(customer.state))
    copy.append(clean(customer.country))
    copy.append(clean(customer.countryCode))
    copy.append(home?.latitude)
    copy.append(home?.longitude)
    copy.append(device(customer.device))
    copy.append(address(customer.ip))
    copy.append(timestamp: customer.signedUpAt)
    copy.append(masking.isEnabled)
    copy.append(source)
    for text in [customer.fullName, customer.email, customer.phone] {
      copy.append(masking.isEnabled ? nil : clean(text))
    }
    copy.append(customer.isDeleted)
  }

  static let orderColumns = [
    "order_id", "cart_id", "customer_id", "product_id", "product", "category", "counterparty", "quantity",
    "price",
    "discount", "line_total", "region", "ordered_at", "is_synthetic_time", "place", "latitude", "longitude",
    "device", "ip",
  ]

  mutating func append(_ line: OrderLineRecord, to copy: inout BinaryCopy) {
    let place = line.coordinates.map { masking.isEnabled ? Masking.coordinates($0) : $0 }
    copy.beginRow(columns: Int16(RawRows.orderColumns.count + 1))
    copy.append(line.orderID)
    copy.append(line.cartID)
    copy.append(line.customerID)
    copy.append(line.productID)
    copy.append(clean(line.product))
    copy.append(clean(line.category))
    copy.append(counterparty(line.counterparty))
    copy.append(line.quantity)
    copy.append(line.price)
    copy.append(line.discount)
    copy.append(line.lineTotal)
    copy.append(clean(line.region))
    copy.append(timestamp: line.orderedAt)
    copy.append(line.isSyntheticTime)
    copy.append(clean(line.place))
    copy.append(place?.latitude)
    copy.append(place?.longitude)
    copy.append(device(line.device))
    copy.append(address(line.ip))
    copy.append(line.isDeleted)
  }

  static let productColumns = ["product_id", "title", "category", "brand", "price", "stock", "rating"]

  func append(_ product: ProductRecord, to copy: inout BinaryCopy) {
    copy.beginRow(columns: Int16(RawRows.productColumns.count))
    copy.append(product.id)
    copy.append(clean(product.title))
    copy.append(clean(product.category))
    copy.append(clean(product.brand))
    copy.append(product.price)
    copy.append(product.stock)
    copy.append(product.rating)
  }

  static let labelColumns = ["customer_id", "order_id", "kind"]

  func append(_ label: LabelRecord, to copy: inout BinaryCopy) {
    copy.beginRow(columns: Int16(RawRows.labelColumns.count))
    copy.append(label.customerID)
    copy.append(label.orderID)
    copy.append(PrintableText.clean(label.kind))
  }

  private func clean(_ text: String?) -> String? {
    guard let text else { return nil }
    let cleaned = PrintableText.clean(text)
    return cleaned.isEmpty ? nil : cleaned
  }

  private func counterparty(_ text: String?) -> String? {
    guard let cleaned = clean(text), masking.isEnabled else { return clean(text) }
    return masking.counterparty(cleaned)
  }

  private mutating func device(_ text: String?) -> String? {
    guard let text, masking.isEnabled else { return clean(text) }
    return devices.hash(of: text) { masking.identifierHash($0, kind: "device") }
  }

  private mutating func address(_ text: String?) -> String? {
    guard let text, masking.isEnabled else { return clean(text) }
    return addresses.hash(of: text) { masking.identifierHash($0, kind: "ip") }
  }
}

/// Hashes of identifiers seen lately: a customer's orders mostly come from one device.
private struct RecentHashes {
  private static let maximumCount = 4_096
  private var hashes: [String: String] = [:]

  mutating func hash(of text: String, _ compute: (String) -> String) -> String {
    if let hash = hashes[text] { return hash }
    let hash = compute(text)
    if hashes.count >= RecentHashes.maximumCount { hashes.removeAll(keepingCapacity: true) }
    hashes[text] = hash
    return hash
  }
}
