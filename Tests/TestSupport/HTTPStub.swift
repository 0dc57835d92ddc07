import Foundation
import Glibc
import Synchronization

/// An HTTP/1.1 server on loopback that answers as a test says: pages, errors, delays, hangs, cuts and redirects.
///
/// One thread a connection; a connection serves one request after the other until its client closes it.
public final class HTTPStub: Sendable {
  public struct Request: Sendable, Hashable {
    public var path: String
    public var query: [String: String]
    /// Names in lower case.
    public var headers: [String: String]
    public var method = "GET"
    public var body = ""
  }

  public struct Answer: Sendable {
    public var status = 200
    public var headers: [String: String] = ["Content-Type": "application/json"]
    public var body = ""
    /// Seconds before the answer starts.
    public var delay = 0.0
    /// Never answers; ends when the client or the stub does.
    public var hangs = false
    /// Closes the connection after this many bytes of the body.
    public var cutAfter: Int?

    public static func json(_ body: String) -> Answer { Answer(body: body) }

    public static func status(_ status: Int, headers: [String: String] = [:]) -> Answer {
      Answer(status: status, headers: headers, body: "{\"message\":\"status \(status)\"}")
    }

    public static func redirect(to location: String) -> Answer {
      Answer(status: 302, headers: ["Location": location])
    }

    public static let hang = Answer(hangs: true)
  }

  private let listener: Int32
  private let respond: @Sendable (Request, _ count: Int) -> Answer
  private let log = Mutex<[Request]>([])
  private let isStopped = Atomic<Bool>(false)
  public let port: UInt16

  public var baseURL: String { "http://127.0.0.1:\(port)" }

  /// Everything asked so far.
  public var requests: [Request] { log.withLock { $0 } }

  /// - Parameter respond: the answer to a request, and how many came for its path before.
  public init(_ respond: @escaping @Sendable (Request, _ count: Int) -> Answer) throws {
    self.respond = respond
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in accept() }
  }

  /// Ends the server; connections that hang end with it.
  public func stop() {
    isStopped.store(true, ordering: .relaxed)
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func accept() {
    while !isStopped.load(ordering: .relaxed) {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { return }
      Thread.detachNewThread { [self] in
        serve(connection)
        close(connection)
      }
    }
  }

  private func serve(_ connection: Int32) {
    while let request = read(connection) {
      let count = log.withLock { log in
        log.append(request)
        return log.count { $0.path == request.path } - 1
      }
      guard write(respond(request, count), connection) else { return }
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard recv(connection, &byte, 1, 0) == 1, bytes.count < 65_536 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3, let parts = URLComponents(string: String(words[1])) else { return nil }
    var request = Request(path: parts.path, query: [:], headers: [:], method: String(words[0]))
    for item in parts.queryItems ?? [] { request.query[item.name] = item.value }
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      if pair.count == 2 {
        request.headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
      }
    }
    var body: [UInt8] = []
    let length = min(request.headers["content-length"].flatMap { Int($0) } ?? 0, 1 << 20)
    while body.count < length {
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      body.append(byte)
    }
    request.body = String(decoding: body, as: UTF8.self)
    return request
  }

  /// False where the connection ends with this answer.
  private func write(_ answer: Answer, _ connection: Int32) -> Bool {
    if answer.hangs {
      while !isStopped.load(ordering: .relaxed), isOpen(connection) { usleep(20_000) }
      return false
    }
    if answer.delay > 0 { usleep(UInt32(answer.delay * 1_000_000)) }
    var head = "HTTP/1.1 \(answer.status) Status\r\nContent-Length: \(answer.body.utf8.count)\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    let body = Array(answer.body.utf8)
    let sent = Array(head.utf8) + Array("\r\n".utf8) + body.prefix(answer.cutAfter ?? body.count)
    var offset = 0
    while offset < sent.count {
      let count = sent[offset...].withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      offset += count
    }
    return answer.cutAfter == nil
  }

  private func isOpen(_ connection: Int32) -> Bool {
    var byte: UInt8 = 0
    return recv(connection, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) != 0
  }
}
