/// The current packet of a reader.
@safe
struct CapturedPacket {
  var time = Timestamp(nanoseconds: 0)
  /// How many bytes it had on the wire.
  var originalLength = 0
  /// Nil if it is not supported.
  var linkType: LinkType?
  /// The captured bytes; its reader owns them until it advances.
  var bytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
}
