/// Takes a report piece by piece, so that no report is ever whole in memory.
public typealias TextOutput = (String) throws -> Void
