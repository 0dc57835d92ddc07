import Workstation

// Standard output for people, in place of the language's own function: whatever came from outside is made printable, and
// tabs and line ends stay. Documents, whose every byte counts, go around it. No argument has a default, as one would make the
// compiler choose the language's.

func print(_ text: String) { Swift.print(printableLines(text)) }

func print(_ text: String, terminator: String) { Swift.print(printableLines(text), terminator: terminator) }
