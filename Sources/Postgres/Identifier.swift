/// The one way a name gets into SQL: quoted, with quotes inside doubled.
///
/// Everything else that comes from data travels as a ``Bind`` or by COPY. `make lint` flags any other interpolation.
/// - Throws: ``PostgresError`` where the name holds a NUL, which no identifier may.
public func quotedIdentifier(_ name: String) throws(PostgresError) -> String {
  guard !name.isEmpty, !name.utf8.contains(0) else {
    throw PostgresError(code: .protocolMisuse, message: "an identifier is empty or holds a NUL character")
  }
  // Nearly every name holds no quote, and a project of models has many names.
  guard name.utf8.contains(UInt8(ascii: "\"")) else { return "\"" + name + "\"" }
  return "\"" + name.replacing("\"", with: "\"\"") + "\""
}

/// A text as an SQL literal, for the few statements that take no binds (`NOTIFY`, DDL defaults, rendered test arguments).
/// - Throws: ``PostgresError`` where the text holds a NUL.
public func quotedLiteral(_ text: String) throws(PostgresError) -> String {
  guard !text.utf8.contains(0) else {
    throw PostgresError(code: .protocolMisuse, message: "a text literal holds a NUL character")
  }
  let doubled = text.replacing("'", with: "''")
  // A backslash is only plain text in an E-less literal while standard_conforming_strings is on, as it is by default.
  return doubled.contains("\\") ? " E'" + doubled.replacing("\\", with: "\\\\") + "'" : "'" + doubled + "'"
}
