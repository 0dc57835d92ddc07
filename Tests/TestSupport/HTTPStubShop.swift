/// A small shop in the shape of the DummyJSON API, for a stub to serve page by page.
public enum HTTPStubShop {
  public static func user(_ id: Int) -> String {
    """
    {"id":\(id),"firstName":"Ada\(id)","lastName":"Stone","email":"ada\(id)@shop.example","phone":"+44 20 7946 0\(100 + id)",
    "password":"secret\(id)","ssn":"900-00-\(id)","birthDate":"1980-1-2","ip":"198.51.100.\(id)","macAddress":"aa:bb:\(id)",
    "gender":"female","address":{"address":"1 High Street","city":"Leeds","state":"England","country":"United Kingdom",
    "coordinates":{"lat":53.801277,"lng":-1.548567}},"bank":{"iban":"GB33BUKB20201555555555","cardNumber":"4000000000000002"}}
    """
  }

  public static func cart(_ id: Int, user: Int) -> String {
    """
    {"id":\(id),"userId":\(user),"products":[
    {"id":1,"title":"Tea","price":3.10,"quantity":2,"total":6.20,"discountPercentage":10,"discountedTotal":5.58},
    {"id":2,"title":"Lamp","price":40,"quantity":1,"total":40,"discountPercentage":0,"discountedTotal":40}]}
    """
  }

  public static let products = [
    #"{"id":1,"title":"Tea","category":"groceries","price":3.1,"stock":5,"rating":4.5}"#,
    #"{"id":2,"title":"Lamp","category":"home","price":40,"stock":2,"rating":3.25}"#,
  ]

  /// The answer to a request for `/users`, `/carts` or `/products` out of whole lists; 404 for other paths.
  public static func answer(
    _ request: HTTPStub.Request, users: [String], carts: [String], products: [String] = HTTPStubShop.products
  ) -> HTTPStub.Answer {
    let key = String(request.path.dropFirst())
    guard let list = ["users": users, "carts": carts, "products": products][key] else { return .status(404) }
    let skip = Int(request.query["skip"] ?? "") ?? 0
    let limit = Int(request.query["limit"] ?? "") ?? 30
    let page = list.dropFirst(skip).prefix(limit)
    return .json(
      "{\"\(key)\":[\(page.joined(separator: ","))],\"total\":\(list.count),\"skip\":\(skip),\"limit\":\(page.count)}"
    )
  }
}
