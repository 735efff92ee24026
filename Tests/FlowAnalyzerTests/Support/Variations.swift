@testable import FlowAnalyzer

/// What may be done to a conversation without any change to what it means.
extension Conversation {
  /// How far the four number spaces of a conversation are moved.
  struct Shift: Sendable {
    var client: UInt32 = 0
    var server: UInt32 = 0
    var clientClock: UInt32 = 0
    var serverClock: UInt32 = 0
  }

  /// The same conversation with other initial numbers.
  func shifted(by shift: Shift) -> Conversation {
    mapped { segment in
      let isFromServer = segment.source.port == 80
      let (own, other) =
        isFromServer ? (shift.server, shift.client) : (shift.client, shift.server)
      let (ownClock, otherClock) =
        isFromServer
        ? (shift.serverClock, shift.clientClock) : (shift.clientClock, shift.serverClock)
      // The RST that refuses a SYN carries no number of the server's.
      let isNumberless = segment.flags == [.rst, .ack] && segment.sequence.value == 0
      if !isNumberless { segment.sequence = segment.sequence.advanced(by: own) }
      segment.options.timestampValue &+= ownClock
      if segment.flags.contains(.ack) {
        segment.acknowledgment = segment.acknowledgment.advanced(by: other)
        segment.options.timestampEchoReply &+= otherClock
      }
    }
  }

  /// The same conversation behind a segment of the server to somebody else, so that the server's
  /// address is the first that the tracker learns, and its end the low one of each tuple.
  var withServerFirst: Conversation {
    guard var first = segments.first(where: { $0.source.port == 80 }) else { return self }
    var conversation = self
    first.time = segments[0].time
    first.destination.port = 9
    first.flags = .rst
    first.digest = 0x5eed
    conversation.segments.insert(first, at: 0)
    return conversation
  }

  /// Every segment twice, as a mirror port records it; the copies within `nanoseconds`.
  func mirrored(after nanoseconds: Int64) -> Conversation {
    var conversation = self
    conversation.segments = segments.flatMap { segment in
      var copy = segment
      copy.time = segment.time.advanced(byNanoseconds: nanoseconds)
      return [segment, copy]
    }
    return conversation
  }

  /// One segment less: it was not captured.
  func withoutSegment(at index: Int) -> Conversation {
    var conversation = self
    conversation.segments.remove(at: index)
    return conversation
  }

  /// Two neighbours in the other order, each at the time of the other.
  func withSwappedSegments(at index: Int) -> Conversation {
    var conversation = self
    let times = (segments[index].time, segments[index + 1].time)
    conversation.segments.swapAt(index, index + 1)
    (conversation.segments[index].time, conversation.segments[index + 1].time) = times
    return conversation
  }

  /// One segment once more, as its sender's timer sends it.
  func withRepeatedSegment(at index: Int) -> Conversation {
    var conversation = self
    var again = segments[index]
    again.digest = 0xa6a1_0000 + UInt64(index)
    conversation.segments.insert(again, at: index + 1)
    return conversation
  }

  /// The conversation, with strangers' segments in between on tuples of their own.
  var amongOthers: Conversation {
    var conversation = self
    conversation.segments = segments.flatMap { segment in
      var stranger = segment
      let isFromServer = segment.source.port == 80
      if isFromServer {
        stranger.destination.port ^= 0x4000
      } else {
        stranger.source.port ^= 0x4000
      }
      stranger.digest ^= 0x5742_a6e2
      // Data in the middle of connections never seen to begin.
      stranger.flags = [.ack, .psh]
      stranger.payloadLength = 10
      return segment.flags.contains(.rst) ? [segment] : [segment, stranger]
    }
    return conversation
  }

  private func mapped(_ change: (inout Segment) -> Void) -> Conversation {
    var conversation = self
    for index in segments.indices { change(&conversation.segments[index]) }
    return conversation
  }
}

/// A small generator with a seed that can be printed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
