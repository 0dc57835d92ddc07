/// What a model stands on and what stands on it, as lines of text.
public struct Lineage: Sendable {
  let project: Project
  let graph: ProjectGraph
  private let names: [String: String]

  public init(_ project: Project, _ graph: ProjectGraph) {
    self.project = project
    self.graph = graph
    names = project.nodeNames
  }

  /// Two trees below the node: upward what it reads, downward what reads it. A node that stands in a tree already is
  /// named again with `...` instead of its own branches.
  /// - Parameter depth: how many steps either way.
  public func lines(of id: String, depth: Int = .max) -> [String] {
    var lines = [label(id)]
    let parents = graph.parents(of: id)
    if !parents.isEmpty {
      lines.append("  reads")
      var seen: Set<String> = []
      lines += tree(parents, prefix: "  ", depth: depth, seen: &seen) { graph.parents(of: $0) }
    }
    let children = readers(of: id)
    if !children.isEmpty {
      lines.append("  is read by")
      var seen: Set<String> = []
      lines += tree(children, prefix: "  ", depth: depth, seen: &seen, readers)
    }
    return lines
  }

  /// Tests read models too, but say nothing of where data goes.
  func readers(of id: String) -> [String] {
    graph.children(of: id).filter { project.test($0) == nil }
  }

  private func tree(
    _ ids: [String], prefix: String, depth: Int, seen: inout Set<String>, _ next: (String) -> [String]
  ) -> [String] {
    guard depth > 0 else { return [] }
    var lines: [String] = []
    for (index, id) in ids.enumerated() {
      let isLast = index == ids.count - 1
      let branches = next(id)
      let isRepeated = !seen.insert(id).inserted && !branches.isEmpty
      lines.append(prefix + (isLast ? "└─ " : "├─ ") + label(id) + (isRepeated ? " ..." : ""))
      if !isRepeated {
        lines += tree(
          branches, prefix: prefix + (isLast ? "   " : "│  "), depth: depth - 1, seen: &seen, next)
      }
    }
    return lines
  }

  /// A node as its neighbours name it; nil for tests and unknown ids.
  func neighbour(_ id: String) -> ModelPage.Neighbour? {
    names[id].map { name in
      let kind = project.model(id)?.materialization.rawValue ?? String(id.prefix { $0 != "." })
      return ModelPage.Neighbour(id: id, name: name, kind: kind)
    }
  }

  private func label(_ id: String) -> String {
    neighbour(id).map { "\($0.name) (\($0.kind))" } ?? id
  }
}
