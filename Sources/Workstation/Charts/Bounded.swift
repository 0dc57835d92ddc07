/// A number of cells or percent without its fraction. Numeric columns may hold NaN and infinity, on which `Int` traps:
/// NaN is 0 here, and what is too large for any screen is cut.
func bounded(_ number: Double) -> Int {
  number.isNaN ? 0 : Int(max(-1e9, min(1e9, number)))
}
