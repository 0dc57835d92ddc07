/// Who reads whom among the nodes of a project: models, seeds, sources and tests by id.
public struct ProjectGraph: Sendable {
  /// All ids, in an order where everything stands behind what it depends on.
  public let order: [String]
  private let parents: [String: [String]]
  private let children: [String: [String]]
  private let positions: [String: Int]

  /// - Throws: ``ModelError`` with the path of a cycle.
  public init(_ project: Project) throws(ModelError) {
    var parents: [String: [String]] = [:]
    var ids: [String] = []
    for source in project.sources { ids.append(source.id) }
    for seed in project.seeds { ids.append(seed.id) }
    for model in project.models {
      ids.append(model.id)
      parents[model.id] = model.dependencies
    }
    for test in project.tests {
      ids.append(test.id)
      parents[test.id] = test.dependencies
    }
    try self.init(ids: ids, parents: parents)
  }

  init(ids: [String], parents: [String: [String]]) throws(ModelError) {
    var children: [String: [String]] = [:]
    var missing: [String: Int] = [:]
    for id in ids {
      let own = parents[id] ?? []
      missing[id] = own.count
      for parent in own { children[parent, default: []].append(id) }
    }
    var order = ids.filter { missing[$0] == 0 }
    var next = 0
    while next < order.count {
      for child in children[order[next]] ?? [] {
        let rest = (missing[child] ?? 0) - 1
        missing[child] = rest
        if rest == 0 { order.append(child) }
      }
      next += 1
    }
    guard order.count == ids.count else {
      throw ModelError(.cycle, "models refer to each other in a circle: " + Self.cycle(ids, parents, order))
    }
    self.order = order
    self.parents = parents
    self.children = children
    positions = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
  }

  /// One cycle among the nodes that could not be ordered: `a -> b -> a`, each read by the next.
  private static func cycle(_ ids: [String], _ parents: [String: [String]], _ ordered: [String]) -> String {
    let done = Set(ordered)
    guard var current = ids.first(where: { !done.contains($0) }) else { return "" }
    var path: [String] = []
    while !path.contains(current) {
      path.append(current)
      guard let next = parents[current]?.first(where: { !done.contains($0) }) else { break }
      current = next
    }
    let start = path.firstIndex(of: current) ?? 0
    return (path[start...] + [current]).reversed().map {
      $0.split(separator: ".").last.map(String.init) ?? $0
    }
    .joined(separator: " -> ")
  }

  /// What a node reads itself.
  public func parents(of id: String) -> [String] { parents[id] ?? [] }

  /// What reads a node itself.
  public func children(of id: String) -> [String] { children[id] ?? [] }

  /// Everything a node depends on, up to `depth` steps away; without itself.
  public func ancestors(of id: String, depth: Int = .max) -> Set<String> {
    reachable(from: id, depth: depth) { parents[$0] ?? [] }
  }

  /// Everything that depends on a node, up to `depth` steps away; without itself.
  public func descendants(of id: String, depth: Int = .max) -> Set<String> {
    reachable(from: id, depth: depth) { children[$0] ?? [] }
  }

  private func reachable(from id: String, depth: Int, _ step: (String) -> [String]) -> Set<String> {
    var found: Set<String> = []
    var frontier = [id]
    var level = 0
    while !frontier.isEmpty, level < depth {
      var next: [String] = []
      for node in frontier {
        for other in step(node) where other != id && found.insert(other).inserted { next.append(other) }
      }
      frontier = next
      level += 1
    }
    return found
  }

  /// The given ids in an order where everything stands behind what it depends on.
  public func sorted(_ ids: some Collection<String>) -> [String] {
    ids.map { (position: positions[$0] ?? .max, id: $0) }.sorted { $0.position < $1.position }.map(\.id)
  }

  /// The given ids in levels: all of one level can be built side by side once the levels before are built.
  /// Paths over nodes that are not given count too.
  public func levels(_ ids: Set<String>) -> [[String]] {
    var level: [String: Int] = [:]
    var levels: [[String]] = []
    for id in order {
      // A node that is not given passes on the level of what it stands on.
      let base = (parents[id] ?? []).map { level[$0] ?? 0 }.max() ?? 0
      guard ids.contains(id) else {
        level[id] = base
        continue
      }
      level[id] = base + 1
      while levels.count <= base { levels.append([]) }
      levels[base].append(id)
    }
    return levels
  }
}
