import Postgres

/// What is left of a customer's cases once the customer is forgotten: that there were some, and how they ended.
enum CaseErasure {
  /// Blanks every text about the customer and ends what was set for them. Inside the caller's transaction, as the owner,
  /// before the raw data go.
  static func blank(_ customerID: Int64, _ connection: isolated Connection) throws -> [Erasure.Erased] {
    let statements: [(table: String, sql: String)] = [
      (
        "desk.list_entries",
        """
        delete from desk.list_entries e where e.customer_id = $1 or (e.kind = 'customer' and e.value = $1::bigint::text)
          or (e.kind = 'email_hash' and e.value in (
            select email_hash from staging.raw_customers where customer_id = $1))
        """
      ),
      ("desk.rule_snoozes", "delete from desk.rule_snoozes where customer_id = $1"),
      ("desk.level_overrides", "delete from desk.level_overrides where customer_id = $1"),
      (
        "desk.case_events",
        // Entries of the lists that were made outside cases stand under no customer.
        """
        update desk.case_events set note = null, old = '{}', new = '{}'
        where customer_id = $1 or customer_id = 0 and exists (
          select from (values (old), (new)) entry (fields)
          where fields->>'kind' = 'customer' and fields->>'value' = $1::bigint::text
            or fields->>'kind' = 'email_hash' and fields->>'value' in (
              select email_hash from staging.raw_customers where customer_id = $1))
        """
      ),
      (
        "desk.cases",
        """
        update desk.cases set outcome_reason = case when outcome is not null then 'erased' end, evidences = '[]',
          rule_hits = '{}', version = version + 1
        where customer_id = $1
        """
      ),
    ]
    var erased: [Erasure.Erased] = []
    for (table, sql) in statements {
      let rows = try connection.query(sql, [.integer(customerID)]).affectedRows
      if rows > 0 { erased.append(Erasure.Erased(table: table, rows: rows)) }
    }
    return erased
  }
}
