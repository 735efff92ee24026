import CCrypto

/// AES with a key of 128 bits (FIPS 197) as a bare permutation of blocks of 16 bytes: what modes of
/// operation are built of, and none of them.
///
/// The sole owner of a context of libcrypto, which uses the processor's instructions where there are any.
@safe
struct AES128: ~Copyable {
  static let keyLength = 16
  static let blockLength = 16

  private let context: OpaquePointer

  /// Nil where libcrypto refuses, as a build without this cipher would.
  ///
  /// - Parameter key: 16 bytes.
  init?(key: ArraySlice<UInt8>) {
    precondition(key.count == Self.keyLength)
    guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
    // SAFETY: the key has the 16 bytes that are read of it.
    let isReady = unsafe key.withUnsafeBufferPointer { key in
      unsafe EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), nil, key.baseAddress, nil) == 1
        && EVP_CIPHER_CTX_set_padding(context, 0) == 1
    }
    guard isReady else {
      unsafe EVP_CIPHER_CTX_free(context)
      return nil
    }
    unsafe self.context = context
  }

  deinit { unsafe EVP_CIPHER_CTX_free(context) }

  /// Encrypts each block by itself, in its place.
  ///
  /// - Parameter blocks: whole ones.
  mutating func encrypt(_ blocks: inout [UInt8]) {
    precondition(blocks.count % Self.blockLength == 0)
    var count = Int32(0)
    // SAFETY: both are the array's own memory, which libcrypto allows to be the same, and without
    // padding as much is written as is read.
    let isDone = unsafe blocks.withUnsafeMutableBufferPointer { blocks in
      unsafe EVP_EncryptUpdate(
        context, blocks.baseAddress, &count, blocks.baseAddress, Int32(blocks.count)) == 1
    }
    // With whole blocks and a key nothing is left that could fail; and an address must not pass as it is.
    precondition(isDone && Int(count) == blocks.count, "libcrypto does not encrypt")
  }
}
