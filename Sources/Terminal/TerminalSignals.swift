import CNcurses
import Glibc

/// Signals as bytes on a pipe that the loop polls, and a terminal that is put back even in a crash.
///
/// The handlers themselves are C in shim.h. Only this file calls them, as their state belongs to one object file.
struct TerminalSignals: ~Copyable {
  /// The end of the self-pipe that the loop reads: each byte is the number of a signal.
  let readEnd: Int32
  private let writeEnd: Int32

  /// Remembers the terminal's modes and installs the handlers.
  init() throws(TerminalError) {
    guard riskdeck_save_modes() == 0 else {
      throw TerminalError(
        .notATerminal, "standard input is not a terminal; print a screen with: riskdeck snapshot SCREEN")
    }
    let ends = try Pipe.open()
    readEnd = ends.read
    writeEnd = ends.write
    riskdeck_install_handlers(writeEnd)
  }

  deinit {
    riskdeck_disarm()
    riskdeck_remove_handlers()
    close(readEnd)
    close(writeEnd)
  }

  /// From now on a crash writes these bytes and sets the modes that were before.
  borrowing func arm(restoring bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { buffer in
      // The handler keeps a copy; the pointer does not outlive this call.
      buffer.withMemoryRebound(to: CChar.self) { riskdeck_arm($0.baseAddress, $0.count) }
    }
  }

  borrowing func disarm() { riskdeck_disarm() }

  /// Stops the process like any other on ctrl-z; returns once it was continued.
  borrowing func stopProcess() { riskdeck_raise_default(SIGTSTP) }

  /// The signals that came since the last call.
  borrowing func drain() -> [Int32] { Pipe.drain(readEnd).map(Int32.init) }

  /// Ends the process by that signal.
  static func die(of signal: Int32) { riskdeck_raise_default(signal) }
}
