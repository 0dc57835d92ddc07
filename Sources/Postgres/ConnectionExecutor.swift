import Dispatch

/// Runs one connection's work on a serial queue of its own, so that libpq's blocking calls never hold a thread of
/// Swift's cooperative pool.
final class ConnectionExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "riskdeck.connection")

  func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    queue.async {
      unowned.runSynchronously(on: self.asUnownedSerialExecutor())
    }
  }
}
