/// A capture that does not show the side which it is said to show.
///
/// What was said stays: who reads the report is told, and gets no verdict from it.
struct SideDoubt: Sendable {
  /// The first capture of the point.
  var path: String
  var warning: CaptureWarning
}

extension SideDoubt {
  /// Holds what was said against what the points show.
  ///
  /// - Parameter said: the captures whose side the user has named.
  static func all(in points: [ClockSurvey.Point], said: Set<String>) -> [SideDoubt] {
    var doubts: [SideDoubt] = []
    var swapped: Set<Int> = []
    let sides = points.map { said.contains($0.input.path) ? $0.input.role : nil }
    for (index, point) in points.enumerated() {
      guard let side = sides[index], side != .both else { continue }
      let others = points.filter { $0.input.side != side && $0.input.side != .both }.map(\.sample)
      // A proxy on the client's or on the server's host translates, too. It is the load balancer where it
      // leads from what clients ask for, or to what serves them, by the captures of the other side.
      let isBoth = point.sample.clearTranslations.contains { translation in
        let there = side == .client ? translation.server : translation.virtual
        return others.contains { $0.leads(to: there) }
      }
      guard isBoth else { continue }
      doubts.append(SideDoubt(path: point.input.path, warning: .showsBothSides(saidToBe: side)))
    }
    // Where both sides come by at one point, its waits are those of either.
    guard doubts.isEmpty else { return doubts }
    for client in points.indices where sides[client] == .client {
      for server in points.indices where sides[server] == .server {
        guard points[client].sample.clearlyLies(behind: points[server].sample) else { continue }
        swapped.formUnion([client, server])
      }
    }
    for index in swapped.sorted() {
      guard let side = sides[index] else { continue }
      doubts.append(
        SideDoubt(path: points[index].input.path, warning: .showsOtherSide(saidToBe: side)))
    }
    return doubts
  }
}
