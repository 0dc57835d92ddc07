/// The places, names and goods that the demo data are made of. Nobody in it exists.
enum DemoWorld {
  struct City: Sendable {
    let name: String
    let state: String
    let latitude: Double
    let longitude: Double
  }

  struct Country: Sendable {
    let code: String
    let name: String
    let dialling: String
    let region: String
    /// Share of the customers, in parts of the sum.
    let weight: Int
    let cities: [City]
  }

  struct Category: Sendable {
    let name: String
    let noun: [String]
    /// Lowest and highest price in hundredths.
    let prices: ClosedRange<Int64>
    /// Share of the orders, in parts of the sum.
    let weight: Int
    /// What a thief buys first: sold on quickly.
    var isResold = false
  }

  struct Product: Sendable {
    let id: Int64
    let title: String
    let category: Int
    let brand: String
    let price: Hundredths
    let stock: Int32
    let rating: Hundredths
  }

  static let countries: [Country] = [
    country("US", "United States", "1", "North America", 30, us),
    country("GB", "United Kingdom", "44", "Europe", 12, gb), country("DE", "Germany", "49", "Europe", 12, de),
    country("FR", "France", "33", "Europe", 8, fr), country("ES", "Spain", "34", "Europe", 6, es),
    country("IT", "Italy", "39", "Europe", 5, it), country("NL", "Netherlands", "31", "Europe", 4, nl),
    country("PL", "Poland", "48", "Europe", 4, pl), country("CA", "Canada", "1416", "North America", 5, ca),
    country("BR", "Brazil", "55", "Latin America", 5, br),
    country("IN", "India", "91", "Asia Pacific", 5, india),
    country("JP", "Japan", "81", "Asia Pacific", 3, jp),
    country("AU", "Australia", "61", "Asia Pacific", 3, au),
  ]
  static let countryWeights = countries.map(\.weight)

  private static let us =
    "New York,New York,40.71,-74.01|Chicago,Illinois,41.88,-87.63|Austin,Texas,30.27,-97.74"
    + "|Seattle,Washington,47.61,-122.33|Miami,Florida,25.76,-80.19|Denver,Colorado,39.74,-104.99"
  private static let gb =
    "London,England,51.51,-0.13|Manchester,England,53.48,-2.24|Edinburgh,Scotland,55.95,-3.19"
  private static let de =
    "Berlin,Berlin,52.52,13.40|Hamburg,Hamburg,53.55,9.99|München,Bayern,48.14,11.58|Köln,Nordrhein-Westfalen,50.94,6.96"
  private static let fr =
    "Paris,Île-de-France,48.86,2.35|Lyon,Auvergne-Rhône-Alpes,45.76,4.84|Nantes,Pays de la Loire,47.22,-1.55"
  private static let es =
    "Madrid,Madrid,40.42,-3.70|Barcelona,Cataluña,41.39,2.17|Sevilla,Andalucía,37.39,-5.98"
  private static let it = "Roma,Lazio,41.90,12.50|Milano,Lombardia,45.46,9.19|Napoli,Campania,40.85,14.27"
  private static let nl = "Amsterdam,Noord-Holland,52.37,4.90|Rotterdam,Zuid-Holland,51.92,4.48"
  private static let pl = "Warszawa,Mazowieckie,52.23,21.01|Kraków,Małopolskie,50.06,19.94"
  private static let ca = "Toronto,Ontario,43.65,-79.38|Ottawa,Ontario,45.42,-75.70"
  private static let br = "São Paulo,São Paulo,-23.55,-46.63|Recife,Pernambuco,-8.05,-34.88"
  private static let india = "Mumbai,Maharashtra,19.08,72.88|Bengaluru,Karnataka,12.97,77.59"
  private static let jp = "Tokyo,Tokyo,35.68,139.69|Osaka,Osaka,34.69,135.50"
  private static let au = "Sydney,New South Wales,-33.87,151.21|Perth,Western Australia,-31.95,115.86"

  private static func country(
    _ code: String, _ name: String, _ dialling: String, _ region: String, _ weight: Int, _ cities: String
  ) -> Country {
    let places = cities.split(separator: "|").compactMap { line -> City? in
      let parts = line.split(separator: ",").map(String.init)
      guard parts.count == 4, let latitude = Double(parts[2]), let longitude = Double(parts[3]) else {
        return nil
      }
      return City(name: parts[0], state: parts[1], latitude: latitude, longitude: longitude)
    }
    return Country(
      code: code, name: name, dialling: dialling, region: region, weight: weight, cities: places)
  }

  static let categories: [Category] = [
    Category(
      name: "groceries", noun: ["Coffee", "Olive Oil", "Tea", "Pasta", "Honey", "Rice"], prices: 200...2_500,
      weight: 22),
    Category(
      name: "home", noun: ["Lamp", "Blanket", "Pan", "Chair", "Vase", "Clock"], prices: 1_200...18_000,
      weight: 14),
    Category(
      name: "fashion", noun: ["Jacket", "Shirt", "Dress", "Scarf", "Jeans", "Coat"], prices: 1_500...16_000,
      weight: 16),
    Category(
      name: "beauty", noun: ["Cream", "Perfume", "Soap", "Shampoo", "Mascara", "Serum"], prices: 500...9_000,
      weight: 10),
    Category(
      name: "books", noun: ["Novel", "Atlas", "Cookbook", "Guide", "Comic", "Dictionary"],
      prices: 600...4_500,
      weight: 10),
    Category(
      name: "sports", noun: ["Racket", "Ball", "Mat", "Helmet", "Gloves", "Tent"], prices: 900...24_000,
      weight: 8),
    Category(
      name: "toys", noun: ["Puzzle", "Train", "Doll", "Kite", "Board Game", "Robot"], prices: 700...8_000,
      weight: 6),
    Category(
      name: "garden", noun: ["Rose", "Spade", "Bench", "Hose", "Lantern", "Grill"], prices: 800...29_000,
      weight: 4),
    Category(
      name: "electronics", noun: ["Phone", "Laptop", "Headphones", "Tablet", "Camera", "Monitor"],
      prices: 3_900...189_900, weight: 6, isResold: true),
    Category(
      name: "jewellery", noun: ["Ring", "Watch", "Necklace", "Bracelet", "Brooch", "Earrings"],
      prices: 4_900...249_900, weight: 3, isResold: true),
    Category(
      name: "gift-cards", noun: ["Gift Card 50", "Gift Card 100", "Gift Card 200", "Gift Card 500"],
      prices: 5_000...50_000, weight: 1, isResold: true),
  ]
  static let categoryWeights = categories.map(\.weight)

  private static let brands = ["Norden", "Calla", "Ostro", "Mirador", "Lumen", "Halden", "Verano", "Tessel"]

  /// The catalogue: the same for every seed, so that two demos can be compared.
  static let products: [Product] = {
    var random = SplitMix64(seed: 0x70726f64)
    var products: [Product] = []
    for (index, category) in categories.enumerated() {
      for (position, noun) in category.noun.enumerated() {
        for brand in brands.shuffled(using: &random).prefix(2) {
          let span = Double(category.prices.upperBound - category.prices.lowerBound)
          let level = (Double(position) + random.unit()) / Double(category.noun.count)
          let units = category.prices.lowerBound + Int64(span * level * level)
          products.append(
            Product(
              id: Int64(products.count + 1), title: "\(brand) \(noun)", category: index, brand: brand,
              price: Hundredths(units: units - units % 100 + 99), stock: Int32(random.below(200)),
              rating: Hundredths(units: Int64(250 + random.below(250)))))
        }
      }
    }
    return products
  }()

  /// The catalogue by category.
  static let productsOfCategory: [[Product]] = categories.indices.map { index in
    products.filter { $0.category == index }
  }

  /// Shops of a category; a customer keeps to few of them.
  static func merchant(_ category: Int, _ number: Int) -> String { merchants[category][number] }
  static let merchantsPerCategory = 12
  private static let merchants: [[String]] = categories.map { category in
    (1...merchantsPerCategory).map { "\(category.name) shop \($0)" }
  }

  static let femaleNames = words(
    "Anna Maria Emma Sofia Julia Laura Clara Alice Nina Elena Marta Ines Lucia Amelia Olivia Grace Hannah Ida Freya Zoe"
      + " Priya Yuki Aiko Chloe Camila Beatriz Ewa Zofia Lotte Sanne")
  static let maleNames = words(
    "Paul David Lukas Jonas Leon Marco Pablo Hugo Louis Oscar Adam Jan Piotr Daan Bram Liam Noah Ethan Mason Owen Rafael"
      + " Thiago Arjun Rohan Kenji Haruto Jack Felix Emil Viktor")
  static let lastNames = words(
    "Smith Brown Taylor Wilson Clark Walker Hall Young King Wright Müller Schmidt Weber Fischer Becker Martin Bernard Petit"
      + " Durand Moreau García López Martínez Ruiz Rossi Russo Ferrari Bianchi Jansen Visser Bakker Nowak Kowalska Zielińska"
      + " Silva Santos Oliveira Costa Sharma Patel Singh Iyer Tanaka Suzuki Sato Nguyen O'Brien Campbell Stewart Murphy"
  )
  static let mailDomains = words("example.com example.org example.net post.example mail.example")
  static let disposableDomains = words("mailinator.com guerrillamail.com yopmail.com 10minutemail.com")

  private static func words(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
  }
}

extension SplitMix64 {
  /// An index drawn by weights.
  mutating func index(weights: [Int], sum: Int) -> Int {
    var rest = below(sum)
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.count - 1
  }

  /// An index drawn by weights.
  mutating func index(weights: [Int]) -> Int {
    index(weights: weights, sum: weights.reduce(0, +))
  }

  mutating func element<Element>(of elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// A normal deviate by the sum of twelve (mean 0, deviation 1, within 6): exact on every machine, unlike a logarithm.
  mutating func normal() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += unit() }
    return sum
  }
}
