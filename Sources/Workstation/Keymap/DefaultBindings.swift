extension Keymap {
  /// The key table as it is without a configuration.
  static let defaultBindings: [KeyBinding] = {
    let both: Set<KeyContext> = [.everywhere, .overlay]
    let rows: Set<KeyContext> = [
      .dashboard, .customers, .customer, .pipeline, .query, .whatIf, .rows, .models, .cases, .fraudCase,
    ]
    let found: Set<KeyContext> = rows.subtracting([.cases, .fraudCase])
    let desk: Set<KeyContext> = [.cases, .fraudCase]
    return [
      KeyBinding(.up, [.up, .character("k")], "up", "Row up; a bar up", .move, both),
      KeyBinding(.down, [.down, .character("j")], "down", "Row down; a bar down", .move, both),
      KeyBinding(.left, [.left, .character("h")], "left", "Column left; previous bar", .move, both),
      KeyBinding(.right, [.right, .character("l")], "right", "Column right; next bar", .move, both),
      KeyBinding(.pageUp, [.pageUp, .control("b")], "page up", "One screen of rows up", .move, both),
      KeyBinding(.pageDown, [.pageDown, .control("f")], "page down", "One screen of rows down", .move, both),
      KeyBinding(.top, [.character("g"), .home], "first", "First row", .move, both),
      KeyBinding(.bottom, [.character("G"), .end], "last", "Last row", .move, both),
      KeyBinding(
        .count, [.character("'")], "count", "A count for the next key: '20j moves 20 rows down", .move),
      KeyBinding(
        .open, [.enter], "open", "Open what the row or bar stands for; choose in a list", .move, both),
      KeyBinding(
        .back, [.escape], "back", "Back, with filter, sort and row kept; cancels a query", .move, both),
      KeyBinding(
        .nextCard, [.tab, .character("]")], "next card", "Next card or section", .view,
        [.dashboard, .pipeline, .customer, .whatIf, .models, .fraudCase]),
      KeyBinding(
        .previousCard, [.backTab, .character("[")], "previous card", "Previous card or section", .view,
        [.dashboard, .pipeline, .customer, .whatIf, .models, .fraudCase]),
      KeyBinding(
        .zoom, [.character("z")], "zoom", "One card over the whole screen and back", .view,
        [.dashboard, .pipeline, .customer, .whatIf, .models, .fraudCase]),
      KeyBinding(
        .table, [.character("t")], "table", "Chart as a table and back", .view,
        [.dashboard, .customer, .pipeline, .query]),
      KeyBinding(
        .chartKind, [.character("b")], "chart", "Choose the chart the rows are shown as", .view, [.query]),
      KeyBinding(.sort, [.character("s")], "sort", "Choose the column to sort by", .view, rows),
      KeyBinding(.reverseSort, [.character("S")], "reverse", "Reverse the sort order", .view, rows),
      KeyBinding(
        .columns, [.character("c")], "columns", "Show, hide and reorder columns", .view,
        [.dashboard, .customers, .customer, .query, .rows, .models, .cases, .fraudCase]),
      KeyBinding(.undo, [.character("u")], "undo", "Undo the last change of the view", .view, rows),
      KeyBinding(.search, [.character("/")], "search", "Find a text in the rows", .data, rows),
      KeyBinding(.nextMatch, [.character("n")], "next match", "Next row that matches", .data, found),
      KeyBinding(
        .previousMatch, [.character("N")], "previous match", "Previous row that matches", .data, found),
      KeyBinding(
        .filter, [.character("f")], "filter",
        "Keep rows: text, !text, column:text, column>1, /pattern/", .data,
        rows),
      KeyBinding(.clearFilters, [.character("F")], "clear filter", "Show all rows again", .data, rows),
      KeyBinding(
        .linkedFilters, [.character("d")], "filter all",
        "Filter every card of the dashboard, e.g. segment:premium; choose which cases are shown", .data,
        [.dashboard, .cases]),
      KeyBinding(
        .edit, [.character("i")], "edit", "Edit the query; Escape leaves the editor", .data, [.query]),
      KeyBinding(
        .explain, [.character("x")], "explain", "How the server would answer the query", .data, [.query]),
      KeyBinding(.savedQueries, [.character("o")], "saved", "Open a saved query", .data, [.query]),
      KeyBinding(
        .whatIf, [.character("w")], "what if", "Tune the scoring and see what changes", .data, [.dashboard]),
      KeyBinding(
        .increase, [.character("+"), .character("=")], "more", "The number one step up", .data, [.whatIf]),
      KeyBinding(.decrease, [.character("-")], "less", "The number one step down", .data, [.whatIf]),
      KeyBinding(
        .resetValue, [.character("0")], "as it was", "The number as the ruleset has it", .data, [.whatIf]),
      KeyBinding(.saveRuleset, [.character("w")], "save", "Save the numbers as a version", .data, [.whatIf]),
      KeyBinding(
        .activateRuleset, [.character("a")], "activate", "Score with the chosen version (asks first)", .data,
        [.whatIf]),
      KeyBinding(
        .rollBackRuleset, [.character("B")], "roll back", "Score with the version before (asks first)", .data,
        [.whatIf]),
      KeyBinding(
        .exactCount, [.character("#")], "count rows", "Count the rows exactly instead of the estimate", .data,
        [.customers]),
      KeyBinding(
        .value, [.character("v")], "value", "The whole row in a window of its own", .data, rows),
      KeyBinding(.copy, [.character("y")], "copy", "Copy the row's first column", .data, rows),
      KeyBinding(.copyRow, [.character("Y")], "copy row", "Copy the row, tabs between columns", .data, rows),
      KeyBinding(
        .export, [.character("e")], "export", "Write the rows to a file: CSV, JSON, NDJSON, Markdown, HTML",
        .data,
        rows),
      KeyBinding(
        .unmask, [.character("U")], "clear name",
        "Show name and addresses in clear (asks first, noted in the audit log)", .data, [.customer]),
      KeyBinding(
        .refresh, [.control("r"), .function(5)], "refresh", "Read the data again", .data),
      KeyBinding(.screen1, [.character("1")], "", "Pipeline", .screens),
      KeyBinding(.screen2, [.character("2")], "", "Second screen", .screens),
      KeyBinding(.screen3, [.character("3")], "", "Third screen", .screens),
      KeyBinding(.screen4, [.character("4")], "", "Fourth screen", .screens),
      KeyBinding(.screen5, [.character("5")], "", "Fifth screen", .screens),
      KeyBinding(.screen6, [.character("6")], "", "Sixth screen", .screens),
      KeyBinding(.screen7, [.character("7")], "", "Seventh screen", .screens),
      KeyBinding(.screen8, [.character("8")], "", "Eighth screen", .screens),
      KeyBinding(.screen9, [.character("9")], "", "Ninth screen", .screens),
      KeyBinding(.nextScreen, [.character("}")], "next screen", "Next screen", .screens),
      KeyBinding(.previousScreen, [.character("{")], "previous screen", "Previous screen", .screens),
      KeyBinding(
        .models, [.character("M")], "models", "The models: lineage, columns, tests, SQL", .screens),
      KeyBinding(
        .auditLog, [.character("A")], "audit log", "The audit log: who did what, and when", .screens),
      KeyBinding(.run, [.character("r")], "run", "Run the pipeline (asks first)", .pipeline),
      KeyBinding(
        .cancelRun, [.character("c")], "cancel run", "Cancel the run (asks first)", .pipeline, [.pipeline]),
      KeyBinding(
        .rerun, [.character("R")], "run again",
        "Run again from the selected task on (shows which, asks first)",
        .pipeline, [.pipeline]),
      KeyBinding(
        .resumeRun, [.character("o")], "resume",
        "Go on where the newest run failed (shows which, asks first)",
        .pipeline, [.pipeline]),
      KeyBinding(
        .log, [.character("L")], "log", "The log of the run over the whole screen and back", .pipeline,
        [.pipeline]),
      KeyBinding(
        .testHook, [.character("x")], "try hook", "Send a test event to the selected hook", .pipeline,
        [.pipeline]),
      KeyBinding(
        .takeNext, [.character("n")], "take next", "Take the first free case", .cases, desk),
      KeyBinding(.takeCase, [.character("a")], "take", "Make this case yours", .cases, desk),
      KeyBinding(
        .noteCase, [.character("i")], "note", "Write a line on the case", .cases, desk),
      KeyBinding(
        .editNote, [.character("I")], "long note", "Write a note in $EDITOR", .cases, desk),
      KeyBinding(
        .closeCase, [.character("x")], "close", "Close the case: outcome and reason", .cases, desk),
      KeyBinding(.reopenCase, [.character("X")], "reopen", "Open a closed case again", .cases, desk),
      KeyBinding(
        .escalateCase, [.character("E")], "escalate", "Hand the case to somebody who may decide more", .cases,
        desk),
      KeyBinding(
        .releaseCase, [.character("p")], "put back", "Give your case back to the queue", .cases, desk),
      KeyBinding(.assignCase, [.character("o")], "assign", "Hand the case to somebody", .cases, desk),
      KeyBinding(
        .snoozeRule, [.character("w")], "snooze", "Let a rule open no case for the customer until a date",
        .cases, desk),
      KeyBinding(
        .listEntry, [.character("b")], "lists", "Block or allow the customer, device, address, ...", .cases,
        desk),
      KeyBinding(
        .overrideLevel, [.character("O")], "set level", "Set the level by hand until a date", .cases, desk),
      KeyBinding(
        .undoStep, [.character("U")], "undo step", "Take back your last step, within a minute", .cases, desk),
      KeyBinding(
        .myCases, [.character("W")], "mine", "Your own cases alone, and back to all", .cases, [.cases]),
      KeyBinding(
        .openCustomer, [.character("C")], "customer", "The customer of the case", .cases, [.fraudCase]),
      KeyBinding(
        .palette, [.character(":")], "commands", "Find any action, screen, customer or query", .program),
      KeyBinding(.help, [.character("?"), .function(1)], "help", "The keys of this screen", .program),
      KeyBinding(.themes, [.character("T")], "theme", "Choose the colours", .program),
      KeyBinding(
        .mouse, [.character("m")], "mouse", "Mouse on or off (off: the terminal's own selection)", .program),
      KeyBinding(.redraw, [.control("l")], "redraw", "Paint the whole screen again", .program, both),
      KeyBinding(.suspend, [.control("z")], "suspend", "Stop to the shell; fg comes back", .program, both),
      KeyBinding(.quit, [.character("q"), .control("c")], "quit", "Leave; a run goes on", .program),
    ]
  }()
}
