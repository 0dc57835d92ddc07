/// What has been read and sent so far, of one kind of record or of all.
struct LoadTally: Sendable {
  /// Rejects of a source beyond this number are counted but not listed.
  static let maximumListedRejects = 10_000

  private var read: [LoadProgress.Stage: Int64] = [:]
  private var rejected: [LoadProgress.Stage: Int64] = [:]
  private var expected: [LoadProgress.Stage: Int64] = [:]
  private var lastCartID: Int64?
  private(set) var rejects: [Reject] = []
  private(set) var hasSyntheticTimes = false
  /// The newest moment of change, by kind of record.
  private(set) var newest: [LoadProgress.Stage: Int64] = [:]
  /// Lines sent, before they are checked against the customers.
  private(set) var lines: Int64 = 0
  /// The highest id of a line; nil: none was read.
  private(set) var highestOrder: Int64?
  var bytes: Int64 = 0
  var digest = SHA256Hash()

  /// Carts that at least one readable line belongs to.
  var carts: Int64 { read[.orders] ?? 0 }

  /// Records of all kinds, carts counted once.
  var records: Int64 { read.values.reduce(0, +) }

  var rejectCount: Int64 { rejected.values.reduce(0, +) }

  mutating func add<Record>(_ page: Page<Record>, to stage: LoadProgress.Stage) {
    if let lines = page.records as? [OrderLineRecord] {
      self.lines += Int64(lines.count)
      for line in lines {
        if line.cartID != lastCartID { read[stage, default: 0] += 1 }
        lastCartID = line.cartID
        highestOrder = max(line.orderID, highestOrder ?? line.orderID)
        if line.isSyntheticTime { hasSyntheticTimes = true }
      }
    } else {
      read[stage, default: 0] += Int64(page.records.count)
    }
    rejected[stage, default: 0] += Int64(page.rejects.count)
    rejects += page.rejects.prefix(LoadTally.maximumListedRejects - rejects.count)
    if let total = page.expected { expected[stage] = total }
    if let moment = page.newest { newest[stage] = max(moment, newest[stage] ?? moment) }
  }

  /// Adds what another extraction of the same run read.
  mutating func merge(_ other: LoadTally) {
    read.merge(other.read) { $0 + $1 }
    rejected.merge(other.rejected) { $0 + $1 }
    expected.merge(other.expected) { $0 + $1 }
    newest.merge(other.newest) { max($0, $1) }
    rejects += other.rejects.prefix(LoadTally.maximumListedRejects - rejects.count)
    hasSyntheticTimes = hasSyntheticTimes || other.hasSyntheticTimes
    lines += other.lines
    highestOrder = [highestOrder, other.highestOrder].compactMap { $0 }.max()
    bytes += other.bytes
    digest.update(other.digest.digest())
  }

  func progress(_ stage: LoadProgress.Stage, isDone: Bool) -> LoadProgress {
    LoadProgress(
      stage: stage, read: read[stage] ?? 0, rejected: rejected[stage] ?? 0, bytes: bytes,
      expected: expected[stage],
      isDone: isDone)
  }
}
