import Testing

@testable import Pipeline

@Suite("The sample that a reference is fitted to")
struct ReferenceSampleTests {
  @Test(
    "never holds more events than are wanted, and all of them where they are fewer",
    arguments: [
      (1_000, 1), (250_000, 1), (250_001, 2), (499_999, 2), (500_001, 3), (4_000_000, 16),
    ])
  func stride(events: Int, stride: UInt64) {
    var counter = PopulationCounter()
    counter.eventCount = events
    #expect(ReferenceSample(population: counter.population(categoryNames: [""])).stride == stride)
  }
}
