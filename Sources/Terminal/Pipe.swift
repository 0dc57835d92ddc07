import Glibc

/// Pipes that neither block nor survive an exec.
enum Pipe {
  static func open() throws(TerminalError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw TerminalError(.systemCall, "no pipe could be made: \(String(cString: strerror(errno)))")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    return (ends[0], ends[1])
  }

  static func drain(_ end: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256)
    var result: [UInt8] = []
    while true {
      let count = read(end, &bytes, bytes.count)
      guard count > 0 else { return result }
      result += bytes[..<count]
    }
  }
}
