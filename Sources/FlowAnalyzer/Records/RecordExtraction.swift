/// Reads one capture, and hands out records of it.
public struct RecordExtraction: Sendable {
  private let input: CaptureInput
  private let number: Int
  private let shownPath: String
  private let selection: PacketSelection

  /// - Parameters:
  ///   - input: a file, or standard input.
  ///   - shownPath: what reports call it; nil for its path.
  ///   - number: where it stands among all captures of the analysis, from zero.
  ///   - selection: which packets will be analysed. Its filter is applied here, where frames are; its time where
  ///     the clock of all captures is known, for which every packet leaves something in the records.
  public init(
    of input: CaptureInput, shownAs shownPath: String? = nil, number: Int,
    selection: PacketSelection = PacketSelection()
  ) {
    self.input = input
    self.number = number
    self.shownPath = shownPath ?? input.path
    self.selection = selection
  }

  /// Reads the capture to its end.
  ///
  /// A capture that cannot be read gives frames, too: they say so.
  ///
  /// - Returns: why it could not be read, or not to its end.
  /// - Complexity: memory for a block of records: some 20 MB, 60 where many bytes of packets are kept.
  public func run(handOut: (RecordFrame) throws -> Void) rethrows -> CaptureError? {
    var shown = input
    shown.path = shownPath
    try handOut(.begin(RecordedCaptureHeader(shown, number: number, selection)))
    var record = CaptureRecord(shown)
    var opened: CaptureReader?
    do throws(CaptureError) {
      opened = try CaptureReader(path: input.path)
    } catch {
      record.failure = error
    }
    if var reader = opened.take() { try read(&reader, noting: &record, handOut: handOut) }
    record.failure = record.failure?.renamed(to: shownPath)
    try handOut(.end(record))
    return record.failure
  }

  private func read(
    _ reader: inout CaptureReader, noting record: inout CaptureRecord,
    handOut: (RecordFrame) throws -> Void
  ) rethrows {
    var decoder = FrameDecoder()
    var recorder = FlowRecorder(for: selection)
    var segment = Segment.none
    let selector = PacketSelector(selection.atAnyTime)
    while record.failure == nil, reader.advance(noting: &record) {
      if let selector, let unasked = unasked(reader, by: selector, noting: &record) {
        recorder.note(unasked, at: reader.time)
      } else {
        take(reader, &decoder, &segment, &recorder, noting: &record)
      }
      if recorder.isBlockFull { try handOut(.block(recorder.takeBlock())) }
    }
    recorder.finish()
    if !recorder.isEmpty { try handOut(.block(recorder.takeBlock())) }
  }

  /// What stands for a packet that the filter keeps out; nil of others.
  private func unasked(
    _ reader: borrowing CaptureReader, by selector: PacketSelector,
    noting record: inout CaptureRecord
  ) -> Passage? {
    do throws(CaptureError) {
      let isAsked = try selector.selects(reader, at: reader.time, noting: &record)
      return isAsked ? nil : .without(.filtered, length: 0)
    } catch {
      // Whoever asks for a time may not ask for that of this packet.
      if !selection.isTimed { record.failure = error }
      return .refused(linkType: reader.linkNumber, isBigEndian: reader.order == .big)
    }
  }

  private func take(
    _ reader: borrowing CaptureReader, _ decoder: inout FrameDecoder, _ segment: inout Segment,
    _ recorder: inout FlowRecorder, noting record: inout CaptureRecord
  ) {
    let (time, length) = (reader.time, reader.originalLength)
    let origin = FrameDecoder.Origin(time: time, frame: reader.packets, capture: 0, point: 0)
    decoder.hasMetFragment = false
    reader.withFrame { frame in
      do throws(DecodeError) {
        guard let linkType = reader.linkType else { throw .unsupportedLinkType }
        let range = try decoder.decode(
          frame, originalLength: length, linkType: linkType, origin: origin, into: &segment)
        if decoder.hasMetFragment {
          recorder.noteHandshake(segment)
        } else {
          record.count(segment, at: time)
          recorder.note(segment, frame.extracting(range))
        }
      } catch {
        if !decoder.hasMetFragment {
          record.count(error, at: time, length: length)
          recorder.note(.without(error, length: length), at: time)
        }
      }
      if decoder.hasMetFragment {
        record.countUnsettledFragment(at: time, length: length)
        recorder.note(
          .fragment(linkType: reader.linkNumber, number: reader.packets, length: length), at: time,
          frame)
      }
    }
  }
}

extension CaptureError {
  /// The same of a capture with another path.
  fileprivate func renamed(to path: String) -> CaptureError {
    switch self {
    case .notFound: .notFound(path: path)
    case .permissionDenied: .permissionDenied(path: path)
    case .cannotOpen(_, let code): .cannotOpen(path: path, code: code)
    case .noCaptures, .standardInputTwice: self
    case .empty: .empty(path: path)
    case .notACapture(_, let signature): .notACapture(path: path, looksLike: signature)
    case .cutInFileHeader: .cutInFileHeader(path: path)
    case .unsupportedFormat(_, let reason): .unsupportedFormat(path: path, reason: reason)
    case .unsupportedLinkType(_, let number, let name):
      .unsupportedLinkType(path: path, number: number, name: name)
    case .filterRefused(_, let linkName, let reason):
      .filterRefused(path: path, linkName: linkName, reason: reason)
    case .damaged(_, let packets, let offset, let reason):
      .damaged(path: path, packets: packets, offset: offset, reason: reason)
    case .readFailed(_, let packets, let code):
      .readFailed(path: path, packets: packets, code: code)
    }
  }
}
