/// Python's operators on template values.
enum TemplateArithmetic {
  private typealias Refusal = TemplateFilters.Refusal

  /// Longer texts and lists than any real template makes; it keeps `'x' * 10 ** 9` from filling the memory.
  private static let maximumCount = 10_000_000

  static func apply(
    _ operation: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue {
    if operation == .concatenate { return .string(left.text + right.text) }
    if let one = left.wholeNumber, let other = right.wholeNumber, operation != .divide {
      return try whole(operation, one, other)
    }
    if let one = left.number, let other = right.number {
      return .float(try floating(operation, one, other))
    }
    switch (operation, left, right) {
    case (.add, .string(let one), .string(let other)): return .string(one + other)
    case (.add, .list(let one), .list(let other)): return .list(TemplateList(one.items + other.items))
    case (.add, .tuple(let one), .tuple(let other)): return .tuple(one + other)
    case (.multiply, .string(let text), let times), (.multiply, let times, .string(let text)):
      if let count = times.wholeNumber {
        try checkCount(text.utf8.count, count)
        return .string(String(repeating: text, count: max(0, count)))
      }
    case (.multiply, .list(let list), let times), (.multiply, let times, .list(let list)):
      if let count = times.wholeNumber {
        try checkCount(list.items.count, count)
        return .list(TemplateList((0..<max(0, count)).flatMap { _ in list.items }))
      }
    case (.remainder, .string, _):
      throw Refusal("`%` formatting of a string is not supported; use `~` or `format`", code: .unsupported)
    default: break
    }
    throw Refusal("`\(operation.rawValue)` cannot be used between \(left.typeName) and \(right.typeName)")
  }

  private static func checkCount(_ length: Int, _ times: Int) throws {
    guard times <= 0 || length.multipliedReportingOverflow(by: times).partialValue <= maximumCount,
      times <= maximumCount
    else { throw Refusal("a repetition is too long") }
  }

  private static func whole(_ operation: TemplateOperator, _ left: Int, _ right: Int) throws -> TemplateValue
  {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = left.addingReportingOverflow(right)
    case .subtract: result = left.subtractingReportingOverflow(right)
    case .multiply: result = left.multipliedReportingOverflow(by: right)
    case .floorDivide, .remainder:
      guard right != 0 else { throw Refusal("division by zero") }
      guard !(left == .min && right == -1) else { throw Refusal("a number is out of range") }
      let remainder = left % right
      let isAdjusted = remainder != 0 && (remainder < 0) != (right < 0)
      if operation == .remainder { return .integer(isAdjusted ? remainder + right : remainder) }
      return .integer(left / right - (isAdjusted ? 1 : 0))
    case .power:
      guard right >= 0 else { return .float(try power(Double(left), right)) }
      var value = 1
      for _ in 0..<min(right, left.magnitude <= 1 ? 1 + right % 2 : 64) {
        let (product, overflow) = value.multipliedReportingOverflow(by: left)
        guard !overflow else { throw Refusal("a number is out of range") }
        value = product
      }
      return .integer(right == 0 ? 1 : value)
    default: throw Refusal("`\(operation.rawValue)` between integers")
    }
    guard !result.overflow else { throw Refusal("a number is out of range") }
    return .integer(result.partialValue)
  }

  private static func floating(_ operation: TemplateOperator, _ left: Double, _ right: Double) throws
    -> Double
  {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide, .floorDivide, .remainder:
      guard right != 0 else { throw Refusal("division by zero") }
      let quotient = left / right
      if operation == .divide { return quotient }
      if operation == .floorDivide { return quotient.rounded(.down) }
      let remainder = left.truncatingRemainder(dividingBy: right)
      return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
    case .power:
      guard let exponent = Int(exactly: right) else {
        throw Refusal("a power with a fractional exponent is not supported", code: .unsupported)
      }
      return try power(left, exponent)
    default: throw Refusal("`\(operation.rawValue)` between numbers")
    }
  }

  private static func power(_ base: Double, _ exponent: Int) throws -> Double {
    guard abs(exponent) <= 4_096 else { throw Refusal("an exponent is out of range") }
    guard base != 0 || exponent >= 0 else { throw Refusal("division by zero") }
    var value = 1.0
    for _ in 0..<abs(exponent) { value *= base }
    return exponent < 0 ? 1 / value : value
  }

  /// `item in container`
  static func contains(_ container: TemplateValue, _ item: TemplateValue) throws -> Bool {
    switch container {
    case .string(let text):
      guard case .string(let part) = item else {
        throw Refusal("`in` a string needs a string, not \(item.typeName)")
      }
      return part.isEmpty || text.contains(part)
    case .dictionary(let dictionary): return TemplateKey(item).flatMap { dictionary[$0] } != nil
    default:
      guard let items = container.sequence else {
        throw Refusal("`in` needs a sequence, not \(container.typeName)")
      }
      return items.contains { $0.isEqual(to: item) }
    }
  }
}
