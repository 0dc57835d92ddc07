import Pipeline
import Testing

@testable import Workstation

@Suite struct ChartTests {
  private func painter(_ width: Int, _ height: Int, isASCII: Bool = false) -> Painter {
    Painter(
      size: Size(width: width, height: height), palette: Theme.plain.palette(for: .sixteen),
      glyphs: isASCII ? .ascii : .unicode, text: ValueText(), now: 0)
  }

  private func draw(_ content: CardContent, _ width: Int, _ height: Int, isASCII: Bool = false) throws
    -> [String]
  {
    var painter = painter(width, height, isASCII: isASCII)
    let grid = Grid(table: try content.result.get())
    painter.chart(
      content.card, grid, in: Rect(x: 0, y: 0, width: width, height: height), panel: 0, isFocused: false)
    return painter.buffer.lines
  }

  private func card(
    _ chart: ChartKind, _ rows: [(String, Double?)], format: ValueFormat = .integer, goal: Double? = nil
  ) -> CardContent {
    Fixtures.card(
      "c", "C", chart,
      Fixtures.table(
        [("name", .text), ("amount", .number)], rows.map { [.text($0.0), $0.1.map { .number($0) } ?? .null] }),
      roles: ["label": "name", "value": "amount"], formats: ["amount": format], goal: goal)
  }

  @Test("a bar is as long as its number, by eighths of a cell")
  func bars() throws {
    let lines = try draw(card(.bars, [("a", 80), ("b", 40), ("c", 1), ("d", 0), ("e", nil)]), 19, 5)
    #expect(
      lines == [
        "a  ███████████   80", "b  █████▌        40", "c  ▏              1", "d                 0",
        "e              NULL",
      ])
  }

  @Test("bars with ASCII alone")
  func asciiBars() throws {
    let lines = try draw(card(.bars, [("a", 80), ("b", 40), ("c", 1)]), 16, 3, isASCII: true)
    #expect(lines == ["a  ########## 80", "b  #####      40", "c  #           1"])
  }

  @Test(
    "a number that a reload changed is marked, others are not",
    arguments: [ChartKind.bars, .columns, .gauges, .heatmap, .stackedBars, .figures])
  func changed(_ kind: ChartKind) throws {
    let columns: [(String, ValueColumn.Kind)] = [("name", .text), ("part", .text), ("amount", .number)]
    func rows(_ first: Double) -> ValueTable {
      Fixtures.table(
        columns,
        [
          [.text("a"), .text("x"), .number(first)], [.text("b"), .text("x"), .number(0.44)],
        ])
    }
    let card = Fixtures.card(
      "c", "C", kind, rows(0.1),
      roles: ["label": "name", "value": "amount", "row": "name", "column": "part", "part": "part"],
      formats: ["amount": .score]
    ).card
    var grid = Grid(table: rows(0.1))
    grid.replace(rows(0.77))
    var painter = painter(50, 12)
    painter.chart(
      card, grid, in: Rect(x: 0, y: 0, width: 50, height: 12), panel: 0, isFocused: false)
    func style(of number: String) throws -> Style {
      let lines = painter.buffer.lines
      let y = try #require(lines.firstIndex { $0.contains(number) }, "\(lines)")
      let x = try #require(lines[y].firstRange(of: number)).lowerBound
      return painter.buffer[lines[y].distance(from: lines[y].startIndex, to: x), y].style
    }
    let isMarked = try style(of: "0.77").attributes.isSuperset(of: painter.palette[.changed].attributes)
    #expect(isMarked && !painter.palette[.changed].attributes.isEmpty)
    // The figures of a card are of one row.
    if kind != .figures { #expect(try !style(of: "0.44").attributes.contains(.bold)) }
  }

  @Test("shares of a total stand beside parts of one, not beside averages")
  func shares() throws {
    #expect(try draw(card(.bars, [("a", 75), ("b", 25)]), 40, 2)[0].contains("75%"))
    #expect(try !draw(card(.bars, [("a", 0.75), ("b", 0.25)], format: .score), 40, 2)[0].contains("%"))
  }

  @Test("a goal is marked on every bar, and the scale reaches it")
  func goal() throws {
    let lines = try draw(card(.bars, [("a", 50), ("b", 10)], goal: 100), 20, 2)
    #expect(lines.allSatisfy { $0.contains("┊") })
    #expect(lines[0].filter { $0 == "█" }.count == 7)
  }

  @Test("vertical bars stand on an axis with their numbers above and labels below")
  func columns() throws {
    let lines = try draw(card(.columns, [("lo", 2), ("mid", 8), ("hi", 4)]), 24, 7)
    #expect(lines[5] == String(repeating: "─", count: 24))
    let heights = [2, 8, 4].map { number in lines.firstIndex { $0.contains(" \(number) ") } ?? -1 }
    #expect(heights == [3, 0, 2], "the higher the number, the further up it stands")
    #expect(lines[6].split(separator: " ") == ["lo", "mid", "hi"])
    #expect(lines.joined().filter { $0 == "8" }.count == 1)
  }

  @Test("more vertical bars than fit are scrolled to")
  func manyColumns() throws {
    let lines = try draw(card(.columns, (0..<300).map { ("\($0)", Double($0)) }), 30, 6)
    #expect(lines.count == 6)
    #expect(lines[5].contains("0"))
  }

  @Test("a heat map puts each value at its row and column; a missing one is a dot")
  func heatMap() throws {
    let content = Fixtures.card(
      "h", "H", .heatmap,
      Fixtures.table(
        [("r", .text), ("f", .text), ("n", .number)],
        [
          [.text("5"), .text("1"), .integer(7)], [.text("5"), .text("2"), .integer(20)],
          [.text("4"), .text("2"), .integer(1)],
        ]), roles: ["row": "r", "column": "f", "value": "n"], formats: ["n": .integer])
    let lines = try draw(content, 14, 3)
    #expect(lines == ["    1     2   ", "5   7    20   ", "4   ·     1   "])
  }

  @Test("recency by frequency, 5 by 5, fits in a card of 80x24")
  func heatMap5x5() throws {
    var rows: [[Value]] = []
    for recency in (1...5).reversed() {
      for frequency in 1...5 {
        rows.append([.text("R\(recency)"), .text("F\(frequency)"), .integer(Int64(recency * frequency * 40))])
      }
    }
    let content = Fixtures.card(
      "h", "H", .heatmap, Fixtures.table([("r", .text), ("f", .text), ("n", .number)], rows),
      roles: ["row": "r", "column": "f", "value": "n"], formats: ["n": .integer])
    let lines = try draw(content, 36, 9)
    #expect(["R1", "R2", "R3", "R4", "R5"].allSatisfy { label in lines.contains { $0.hasPrefix(label) } })
    #expect(lines[0].split(separator: " ") == ["F1", "F2", "F3", "F4", "F5"])
    #expect(lines.contains { $0.contains("1,000") })
  }

  @Test("a gauge fills its track; a score that was not evaluated says so")
  func gauges() throws {
    let lines = try draw(card(.gauges, [("v", 1), ("g", 0.5), ("t", nil)], format: .score), 20, 3)
    #expect(lines == ["v  ███████████  1.00", "g  █████▌·····  0.50", "t  not evaluated    "])
  }

  @Test("stacked bars have the length of their sum and a legend")
  func stacked() throws {
    let content = Fixtures.card(
      "s", "S", .stackedBars,
      Fixtures.table(
        [("tier", .text), ("state", .text), ("n", .number)],
        [
          [.text("A"), .text("on"), .integer(6)], [.text("A"), .text("off"), .integer(2)],
          [.text("B"), .text("on"), .integer(2)], [.text("B"), .text("off"), .integer(2)],
        ]), roles: ["label": "tier", "part": "state", "value": "n"], formats: ["n": .integer])
    let lines = try draw(content, 20, 4, isASCII: true)
    #expect(
      lines == [
        "A  ###########==== 8", "B  ####====        4", "                    ", "# on  = off         ",
      ])
  }

  @Test("figures keep their captions whole where there is but a line for each")
  func figures() throws {
    let content = Fixtures.card(
      "f", "F", .figures,
      Fixtures.table(
        [
          ("customers", .number), ("high_or_critical", .number), ("high_risk_share", .number),
          ("revenue_at_high_risk", .number),
        ],
        [[.integer(2_000), .integer(39), .number(0.02), .number(276_169)]]),
      formats: ["customers": .integer, "high_risk_share": .percent, "revenue_at_high_risk": .currency])
    let lines = try draw(content, 76, 3).map { $0.split(separator: " ").joined(separator: " ") }
    #expect(
      lines == [
        "2000 Customers 39 High or critical 0.02 High risk share", "276169 Revenue at high risk", "",
      ])
  }

  @Test("labels under vertical bars never run into each other")
  func labels() throws {
    let names = ["0 - Prospect", "1 - New", "2-3 - Growing", "4-9 - Steady", "10+ - Loyal"]
    let lines = try draw(card(.columns, names.map { ($0, 5) }), 36, 6)
    let labels = lines.last ?? ""
    #expect(labels.hasPrefix("0 - Prospect "))
    #expect(names.filter { labels.contains($0) }.count >= 2)
    let left = names.reduce(labels) { $0.replacing($1, with: "") }
    #expect(left.allSatisfy { $0 == " " }, "\(labels)")
  }

  @Test("a heat map with rows out of sight says so in its corner")
  func cutHeatMap() throws {
    let rows = (1...5).map { row -> [Value] in [.text("\(row)"), .text("a"), .integer(Int64(row))] }
    let content = Fixtures.card(
      "h", "H", .heatmap, Fixtures.table([("r", .text), ("c", .text), ("n", .number)], rows),
      roles: ["row": "r", "column": "c", "value": "n"], formats: ["n": .integer])
    #expect(try draw(content, 20, 4)[0].hasPrefix("▼"))
    #expect(try draw(content, 20, 6)[0].hasPrefix(" "))
  }

  @Test("a legend that does not fit says that something is left out")
  func cutLegend() throws {
    let rows = ["Tier 1", "Tier 2", "Tier 3"].map { [Value.text("a"), .text($0), .integer(1)] }
    let content = Fixtures.card(
      "s", "S", .stackedBars, Fixtures.table([("l", .text), ("p", .text), ("n", .number)], rows),
      roles: ["label": "l", "part": "p", "value": "n"], formats: ["n": .integer])
    let cut = try draw(content, 24, 4).joined(separator: "|")
    #expect(cut.contains("Tier 2") && !cut.contains("Tier 3") && cut.contains("…"))
    #expect(try draw(content, 40, 4).joined(separator: "|").contains("Tier 3"))
  }

  @Test("a line rises from its first point to its last; the axis has the bounds")
  func line() throws {
    let lines = try draw(card(.line, [("Jan", 0), ("Feb", 50), ("Mar", 100)]), 30, 9, isASCII: true)
    #expect(lines[1].hasPrefix("100 |"))
    #expect(lines[6].hasPrefix("  0 |"))
    let places = (1...6).map { row in Array(lines[row].dropFirst(5)).firstIndex(of: "*") ?? -1 }
    #expect(places == places.sorted(by: >), "the further down, the further left")
    #expect(lines[8].contains("Jan") && lines[8].contains("Mar"))
  }

  @Test("braille dots are where they belong")
  func braille() {
    var canvas = BrailleCanvas(width: 2, height: 1)
    canvas.set(0, 0)
    canvas.set(3, 3)
    canvas.set(9, 9)
    canvas.set(-1, 0)
    #expect(canvas.text(row: 0) == "⠁⢀")
    canvas.line(from: (0, 0), to: (3, 3))
    #expect(canvas.text(row: 0) == "⠑⢄")
    #expect(canvas.asciiText(row: 0) == "**")
  }

  @Test("a sparkline is as wide as its numbers, the highest a whole cell")
  func spark() throws {
    #expect(painter(10, 1).sparkText([0, 4, 8], width: 9) == "▁▅█")
    #expect(painter(10, 1).sparkText([1, 2, 3, 4], width: 2) == "▆█")
    let lines = try draw(card(.sparkline, [("a", 10), ("b", 20), ("c", 15)]), 40, 2)
    #expect(lines[0].contains("15") && lines[0].contains("-25.0%"))
    #expect(lines[1].contains("10 to 20"))
  }

  @Test("a histogram counts every number once, in ranges with round bounds")
  func histogram() {
    let values = (0..<1_000).map { Double($0 * 7 % 1_000) / 10 }
    let bins = Histogram(values, most: 12).bins
    #expect(bins.map(\.count).reduce(0, +) == 1_000)
    #expect(bins.first?.low == 0)
    #expect(bins.allSatisfy { $0.high - $0.low == 10 })
    #expect(Histogram([5], most: 8).bins.map(\.count) == [1])
    #expect(Histogram([], most: 8).bins.isEmpty)
    #expect(Histogram([.nan, .infinity, 1], most: 8).bins.map(\.count) == [1])
    #expect(Histogram.roundStep(0.034) == 0.05)
    #expect(Histogram.roundStep(70) == 100)
  }

  @Test("a chart whose columns are missing is drawn as its table")
  func missingColumns() throws {
    let content = Fixtures.card(
      "x", "X", .heatmap, Fixtures.table([("a", .text)], [[.text("only")]]),
      roles: ["row": "a", "column": "nope", "value": "nope"])
    #expect(try draw(content, 20, 3)[1].hasPrefix("only"))
  }

  @Test("every chart fits every size, with odd numbers too", arguments: ChartKind.allCases)
  func sizes(_ kind: ChartKind) throws {
    let odd: [(String, Double?)] = [
      ("", 0), ("王王王王王王王", -5), ("nan", .nan), ("inf", .infinity), ("null", nil), ("🙂", 1e300), ("x", 1e-300),
    ]
    for rows in [odd, Array(odd.prefix(1)), [], [("a", 5)], [("n", nil)]] {
      for isASCII in [false, true] {
        for (width, height) in [(0, 0), (1, 1), (3, 2), (8, 3), (12, 4), (40, 5), (79, 22), (200, 50)] {
          var content = card(kind, rows)
          if kind == .stackedBars || kind == .heatmap {
            content = Fixtures.card(
              "c", "C", kind,
              Fixtures.table(
                [("name", .text), ("part", .text), ("amount", .number)],
                rows.map { [.text($0.0), .text("p\($0.0)"), $0.1.map { .number($0) } ?? .null] }),
              roles: [
                "row": "name", "column": "part", "label": "name", "part": "part", "value": "amount",
              ])
          }
          let lines = try draw(content, width, height, isASCII: isASCII)
          #expect(lines.count == height)
          #expect(lines.allSatisfy { displayWidth($0) == width })
        }
      }
    }
  }
}
