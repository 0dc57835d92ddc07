// Times the scoring in memory on one thread, and shows that its memory does not grow with the events.
//
//   ScoringBenchmark RULES [CSV]    with CSV, 100,000 of the events are written there for the twin in Python

import Glibc
import Pipeline

struct Generator {
  var state: UInt64

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / 9_007_199_254_740_992
  }
}

/// Customers of 100 to 500 orders in half a year, with hours, categories, counterparties and places of their own.
func customers(_ count: Int) -> EventBatch {
  var batch = EventBatch()
  var random = Generator(state: 42)
  var eventID: Int64 = 0
  for id in 1...count {
    let latitude = 30 + 20 * random.next()
    let longitude = -10 + 30 * random.next()
    let orders = 100 + Int(400 * random.next())
    let usual = 10 + 90 * random.next()
    let times = (0..<orders).map { _ -> Double in
      let day = (180 * random.next()).rounded(.down)
      return 1_700_006_400 + day * 86_400 + (7 + 8 * (random.next() + random.next())) * 3_600
    }.sorted()
    let events = times.map { time in
      eventID += 1
      return ScoringEvent(
        id: eventID, time: time, amount: (usual * (0.2 + 1.6 * random.next()) * 100).rounded() / 100,
        category: Int32(1 + 12 * random.next() * random.next()), counterparty: UInt64(1 + 40 * random.next()),
        device: 7, latitude: latitude + 0.2 * random.next(), longitude: longitude + 0.2 * random.next())
    }
    batch.append(
      CustomerProfile(
        id: Int64(id), signedUpAt: 1_690_000_000, homeLatitude: latitude, homeLongitude: longitude),
      events: events)
  }
  return batch
}

/// Resident memory in megabytes.
func residentMegabytes() -> Double {
  guard let file = fopen("/proc/self/statm", "r") else { return .nan }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, 128, file) != nil else { return .nan }
  let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
    separator: " ")
  return (fields.count > 1 ? Double(fields[1]) ?? .nan : .nan) * Double(sysconf(Int32(_SC_PAGESIZE)))
    / 1_048_576
}

/// Seconds of processor time this thread has used: other work on the machine does not count.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func write(_ batch: EventBatch, to path: String) {
  guard let file = fopen(path, "w") else { return }
  defer { fclose(file) }
  fputs("customer,time,amount,category,counterparty,latitude,longitude,home_latitude,home_longitude\n", file)
  for customer in batch.customers where customer.events.upperBound <= 100_000 {
    for event in batch.events[customer.events] {
      fputs(
        "\(customer.profile.id),\(event.time),\(event.amount),\(event.category),\(event.counterparty),\(event.latitude),"
          + "\(event.longitude),\(customer.profile.homeLatitude ?? 0),\(customer.profile.homeLongitude ?? 0)\n",
        file)
    }
  }
}

guard CommandLine.arguments.count > 1 else {
  print("usage: ScoringBenchmark RULES [CSV]")
  exit(64)
}
let files = try RulesetFiles.read(CommandLine.arguments[1])
let batch = customers(1_000)
if CommandLine.arguments.count > 2 { write(batch, to: CommandLine.arguments[2]) }
let names = [""] + (1...13).map { "category \($0)" }
let engine = ScoringEngine(ruleset: files.ruleset, priors: files.priors, threads: 1)
let scorer = try await engine.prepare(EventsInMemory(batches: [batch], categoryNames: names)).scorer
var workspace = Scorer.Workspace()
var scored = 0
var checksum = 0.0
let before = processorSeconds()
for target in [1_000_000, 10_000_000] {
  // The same customers come by again and again: only what the scoring itself keeps could grow.
  while scored < target {
    for customer in batch.customers where scored < target {
      checksum += scorer.assess(customer.profile, batch.events[customer.events], &workspace).score
      scored += customer.events.count
    }
  }
  let seconds = processorSeconds() - before
  print(
    "\(scored) events: \(Double(Int(seconds / Double(scored) * 1e9)) / 1000) microseconds an event, "
      + "\(Int(residentMegabytes())) MB resident")
}
print("checksum \(checksum)")
