/// Reads users, carts and products in the shape of the DummyJSON API, one record at a time.
///
/// Lossy by record, never by document: what cannot be used becomes a ``Reject`` that names the record and the reason.
/// Keys that are not named here are stepped over unread; password, ssn, ein, card number, wallet and the rest of the
/// bank account are among them.
enum DummyJSONRecords {
  /// Lines of one cart; `order_id` is `cart_id * 1000 + position`.
  static let maximumLines = 999

  /// What became of one record.
  enum Outcome<Record> {
    case record(Record)
    case reject(Reject)
  }

  // MARK: - Users

  static func customer(_ bytes: [UInt8], at position: Int) -> Outcome<CustomerRecord> {
    var user = User()
    do throws(JSONReader.SyntaxError) {
      var reader = JSONReader(bytes)
      guard try reader.peekKind() == .object else {
        return rejected(.customer, nil, position, "is no object")
      }
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in try user.read(key, &reader) }
      try reader.expectEnd()
    } catch {
      return rejected(.customer, user.id, position, describe(error))
    }
    guard let id = user.id, id > 0 else {
      return rejected(.customer, nil, position, "has no id that is a whole number above 0")
    }
    return .record(user.record(id: id))
  }

  private struct User {
    var id: Int64?
    var firstName: String?
    var lastName: String?
    var email: String?
    var phone: String?
    var gender: String?
    var birthDate: String?
    var ip: String?
    var device: String?
    var city: String?
    var state: String?
    var country: String?
    var latitude: Double?
    var longitude: Double?
    var bankCountry: String?

    mutating func read(_ key: String, _ reader: inout JSONReader) throws(JSONReader.SyntaxError) {
      switch key {
      case "id": id = try reader.optionalInteger()
      case "firstName": firstName = try reader.optionalText()
      case "lastName": lastName = try reader.optionalText()
      case "email": email = try reader.optionalText()
      case "phone": phone = try reader.optionalText()
      case "gender": gender = try reader.optionalText()
      case "birthDate": birthDate = try reader.optionalText()
      case "ip": ip = try reader.optionalText()
      case "macAddress": device = try reader.optionalText()
      case "address": try readAddress(&reader)
      case "bank": try readBank(&reader)
      default: try reader.skipValue()
      }
    }

    private mutating func readAddress(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) {
      guard try reader.peekKind() == .object else { return try reader.skipValue() }
      var address = self
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        switch key {
        case "city": address.city = try reader.optionalText()
        case "state": address.state = try reader.optionalText()
        case "country": address.country = try reader.optionalText()
        case "coordinates": try address.readCoordinates(&reader)
        default: try reader.skipValue()
        }
      }
      self = address
    }

    private mutating func readCoordinates(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) {
      guard try reader.peekKind() == .object else { return try reader.skipValue() }
      var point = self
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        switch key {
        case "lat": point.latitude = try reader.optionalDouble()
        case "lng": point.longitude = try reader.optionalDouble()
        default: try reader.skipValue()
        }
      }
      self = point
    }

    private mutating func readBank(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) {
      guard try reader.peekKind() == .object else { return try reader.skipValue() }
      var bankCountry: String?
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        if key == "iban" { bankCountry = try reader.optionalCountryPrefix() } else { try reader.skipValue() }
      }
      self.bankCountry = bankCountry
    }

    func record(id: Int64) -> CustomerRecord {
      let name = [firstName, lastName].compactMap(meaningful).joined(separator: " ")
      let country = meaningful(country)
      return CustomerRecord(
        id: id, fullName: name.isEmpty ? nil : name, email: meaningful(email), phone: meaningful(phone),
        phoneCountry: phone.flatMap(DiallingCode.country(ofPhone:)), bankCountry: bankCountry,
        birthYear: birthDate.flatMap(year(ofDate:)), gender: meaningful(gender), city: meaningful(city),
        state: meaningful(state), country: country, countryCode: country.flatMap(CountryNames.code(of:)),
        home: latitude.flatMap { latitude in
          longitude.flatMap { Coordinates(latitude: latitude, longitude: $0) }
        },
        device: meaningful(device), ip: meaningful(ip))
    }
  }

  // MARK: - Carts

  /// The lines of one cart, their category left to the product they name, and what of it was rejected.
  static func cart(_ bytes: [UInt8], at position: Int) -> (lines: [OrderLineRecord], rejects: [Reject]) {
    var cart = Cart()
    func whole(_ reason: String) -> (lines: [OrderLineRecord], rejects: [Reject]) {
      (
        [],
        [Reject(entity: .order, record: cart.id.map { "cart \($0)" } ?? "carts[\(position)]", reason: reason)]
      )
    }
    do throws(JSONReader.SyntaxError) {
      var reader = JSONReader(bytes)
      guard try reader.peekKind() == .object else { return whole("is no object") }
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        switch key {
        case "id": cart.id = try reader.optionalInteger()
        case "userId": cart.customerID = try reader.optionalInteger()
        case "products": cart.lines = try lines(&reader)
        default: try reader.skipValue()
        }
      }
      try reader.expectEnd()
    } catch {
      return whole(describe(error))
    }
    guard let id = cart.id, id > 0, id < Int64.max / 1_000 else {
      cart.id = nil
      return whole("has no id that is a whole number above 0")
    }
    guard let customerID = cart.customerID, customerID > 0 else { return whole("names no user") }
    guard let lines = cart.lines else { return whole("has no list of products") }
    guard lines.count <= maximumLines else { return whole("has more than \(maximumLines) lines") }
    var records: [OrderLineRecord] = []
    var rejects: [Reject] = []
    records.reserveCapacity(lines.count)
    let orderedAt = SyntheticTimeline.orderedAt(cartID: id)
    for (index, line) in lines.enumerated() {
      if let problem = line.problem {
        rejects.append(Reject(entity: .order, record: "cart \(id), line \(index + 1)", reason: problem))
        continue
      }
      records.append(
        line.record(
          orderID: id * 1_000 + Int64(index + 1), cartID: id, customerID: customerID, orderedAt: orderedAt))
    }
    return (records, rejects)
  }

  private struct Cart {
    var id: Int64?
    var customerID: Int64?
    var lines: [Line]?
  }

  private static func lines(_ reader: inout JSONReader) throws(JSONReader.SyntaxError) -> [Line]? {
    guard try reader.peekKind() == .array else {
      try reader.skipValue()
      return nil
    }
    var lines: [Line] = []
    try reader.readArray { (reader) throws(JSONReader.SyntaxError) in
      var line = Line()
      if try reader.peekKind() == .object {
        line.isObject = true
        try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in try line.read(key, &reader) }
      } else {
        try reader.skipValue()
      }
      lines.append(line)
    }
    return lines
  }

  private struct Line {
    var isObject = false
    var productID: Int64?
    var title: String?
    var quantity: Int64?
    var price: Hundredths?
    var discount: Hundredths?
    var total: Hundredths?

    mutating func read(_ key: String, _ reader: inout JSONReader) throws(JSONReader.SyntaxError) {
      switch key {
      case "id": productID = try reader.optionalInteger()
      case "title": title = try reader.optionalText()
      case "quantity": quantity = try reader.optionalInteger()
      case "price": price = try reader.optionalHundredths()
      case "discountPercentage": discount = try reader.optionalHundredths()
      case "discountedTotal": total = try reader.optionalHundredths()
      default: try reader.skipValue()
      }
    }

    /// Why the line cannot be used; nil where it can.
    var problem: String? {
      if !isObject { return "is no object" }
      if quantity.flatMap(Int32.init(exactly:)) == nil { return "has no whole-number quantity" }
      if price == nil { return "has no price, or one beyond 12 digits" }
      if let discount, discount.units.magnitude > 999_999 { return "has a discount beyond 4 digits" }
      if total == nil { return "has no discountedTotal, or one beyond 12 digits" }
      return nil
    }

    func record(orderID: Int64, cartID: Int64, customerID: Int64, orderedAt: Int64) -> OrderLineRecord {
      OrderLineRecord(
        orderID: orderID, cartID: cartID, customerID: customerID, productID: productID,
        product: meaningful(title), quantity: quantity.flatMap(Int32.init(exactly:)) ?? 0,
        price: price ?? .zero,
        discount: discount ?? .zero, lineTotal: total ?? .zero, orderedAt: orderedAt, isSyntheticTime: true)
    }
  }

  // MARK: - Products

  static func product(_ bytes: [UInt8], at position: Int) -> Outcome<ProductRecord> {
    var id: Int64?
    var product = ProductRecord(id: 0)
    do throws(JSONReader.SyntaxError) {
      var reader = JSONReader(bytes)
      guard try reader.peekKind() == .object else { return rejected(.product, nil, position, "is no object") }
      try reader.readObject { (reader, key) throws(JSONReader.SyntaxError) in
        switch key {
        case "id": id = try reader.optionalInteger()
        case "title": product.title = meaningful(try reader.optionalText())
        case "category": product.category = meaningful(try reader.optionalText())
        case "brand": product.brand = meaningful(try reader.optionalText())
        case "price": product.price = try reader.optionalHundredths()
        case "stock": product.stock = try reader.optionalInteger().flatMap(Int32.init(exactly:))
        case "rating": product.rating = try reader.optionalHundredths()
        default: try reader.skipValue()
        }
      }
      try reader.expectEnd()
    } catch {
      return rejected(.product, id, position, describe(error))
    }
    guard let id, id > 0 else {
      return rejected(.product, nil, position, "has no id that is a whole number above 0")
    }
    product.id = id
    if let rating = product.rating, rating.units.magnitude > 9_999 { product.rating = nil }
    return .record(product)
  }

  // MARK: - Shared

  /// The year of a date that starts with four digits and a dash: `1996-5-30`.
  static func year(ofDate text: String) -> Int? {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard digits.count == 4, text.utf8.dropFirst(4).first.map({ $0 == UInt8(ascii: "-") }) ?? true else {
      return nil
    }
    return Int(String(decoding: Array(digits), as: UTF8.self))
  }

  /// The cleaned text; nil where nothing is left.
  private static func meaningful(_ text: String?) -> String? {
    guard let text else { return nil }
    let cleaned = PrintableText.clean(text)
    return cleaned.isEmpty ? nil : cleaned
  }

  private static func rejected<Record>(
    _ entity: Reject.Entity, _ id: Int64?, _ position: Int, _ reason: String
  ) -> Outcome<Record> {
    let list = entity == .customer ? "users" : "products"
    let record = id.map { "\(entity.rawValue) \($0)" } ?? "\(list)[\(position)]"
    return .reject(Reject(entity: entity, record: record, reason: reason))
  }

  private static func describe(_ error: JSONReader.SyntaxError) -> String {
    switch error.problem {
    case .unexpected: "is no valid JSON at byte \(error.offset)"
    case .endsTooEarly: "is JSON that ends too early"
    case .tooDeep: "is nested deeper than \(JSONLimits.depth) levels"
    }
  }
}
