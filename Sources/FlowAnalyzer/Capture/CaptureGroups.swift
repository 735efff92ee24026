/// Captures by the load balancers that they are said to belong to.
///
/// Nothing that goes through one load balancer touches what goes through another: its addresses and ports
/// are its own. So each group is read and audited apart, and only results are added up. Captures of which
/// nobody says anything are one group.
struct CaptureGroups {
  /// In the order in which the first capture of each was named; one that is empty where nothing was.
  private(set) var all: [[CaptureInput]] = []

  init(_ inputs: [CaptureInput]) {
    var positions: [String?: Int] = [:]
    for input in inputs {
      let position = positions[input.balancer] ?? all.count
      positions[input.balancer] = position
      if position == all.count { all.append([]) }
      all[position].append(input)
    }
    if all.isEmpty { all = [[]] }
  }

  /// How many bytes all captures have; nil if some come through a pipe.
  var bytesTotal: UInt64? {
    var total: UInt64 = 0
    for input in all.joined() {
      for capture in (try? input.expanded()) ?? [input] {
        guard capture.isRegularFile, let size = FileStatus(path: capture.path)?.size else {
          return nil
        }
        total += size
      }
    }
    return total
  }
}
