/// A value that travels beside a statement, never inside it.
///
/// All binds are sent in PostgreSQL's text form with the type left to the server, so a statement names the type
/// where it is not clear from the context (`$1::bigint`).
public enum Bind: Sendable, Hashable {
  case null
  case text(String)
  case integer(Int64)
  case double(Double)
  case boolean(Bool)

  /// The text the server parses; nil is SQL NULL.
  var wireText: String? {
    switch self {
    case .null: nil
    case .text(let value): value
    case .integer(let value): String(value)
    case .double(let value):
      value.isNaN ? "NaN" : (value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)")
    case .boolean(let value): value ? "t" : "f"
    }
  }
}

extension Bind: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(nilLiteral: ()) { self = .null }

  /// SQL NULL for nil.
  public init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  /// SQL NULL for nil.
  public init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
  /// SQL NULL for nil.
  public init(_ value: Double?) { self = value.map { .double($0) } ?? .null }
}
