#pragma once
// Detached signatures of report files. What is signed is the bytes of the report file as they lie, nothing else:
// Ed25519 (RFC 8032) over the whole file. The signature document lies beside as REPORT.sig and holds the public key.

#include <string>
#include <string_view>

#include <pier/core/bytes.hpp>
#include <pier/core/json.hpp>

namespace pier::reports {

struct Signature {
  Bytes public_key;    // 32 bytes
  Bytes value;         // 64 bytes
  std::string sha256;  // of the signed bytes, hexadecimal: tells a changed report from a foreign signature
  std::string made;    // RFC 3339; not signed
};

/// First 16 hexadecimal digits of the SHA-256 of the public key: how people name a signer.
std::string fingerprint(ByteView public_key);

/// REPORT.sig
std::string signature_path(const std::string& report_path);

/// The key in `path` (PKCS #8 in PEM), made with mode 0600 when there is none. kPermission when others can read it.
/// Two that start at once end up with the same key.
class SigningKey {
 public:
  static Result<SigningKey> open_or_make(const std::string& path);
  Result<Signature> sign(ByteView bytes) const;
  const Bytes& public_key() const { return x_public; }

 private:
  Bytes x_private, x_public;
};

/// <data>/keys/report-signing.pem
std::string signing_key_path(const std::string& data_directory);

/// The signature is that of these bytes, by the key it names.
bool verifies(const Signature& signature, ByteView bytes);

/// A public key as people pass it on: a PEM file, a signature document, or 32 bytes in base64 or hexadecimal.
Result<Bytes> read_public_key(const std::string& path_or_text);

json::object to_json(const Signature& signature);
Result<Signature> signature_from_json(const json::value& value);
Result<Signature> read_signature(const std::string& path);

}  // namespace pier::reports
