#include "container/sha1.hpp"

#include <algorithm>
#include <bit>

namespace pier::media::impl {

void Sha1Stream::block(const std::byte* data) {
  std::array<uint32_t, 80> w{};
  for (size_t i = 0; i < 16; ++i) {
    for (size_t byte = 0; byte < 4; ++byte) w[i] = (w[i] << 8U) | std::to_integer<uint32_t>(data[4 * i + byte]);
  }
  for (size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = x_state;
  for (size_t i = 0; i < 80; ++i) {
    uint32_t f = b ^ c ^ d;
    uint32_t k = i < 40 ? 0x6ed9eba1U : 0xca62c1d6U;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999U;
    } else if (i >= 40 && i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdcU;
    }
    const uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  x_state = {x_state[0] + a, x_state[1] + b, x_state[2] + c, x_state[3] + d, x_state[4] + e};
}

void Sha1Stream::update(ByteView bytes) {
  x_bytes += bytes.size();
  if (x_filled > 0) {
    const size_t take = std::min(bytes.size(), x_rest.size() - x_filled);
    std::copy_n(bytes.begin(), take, x_rest.begin() + static_cast<ptrdiff_t>(x_filled));
    x_filled += take;
    bytes = bytes.subspan(take);
    if (x_filled < x_rest.size()) return;
    block(x_rest.data());
    x_filled = 0;
  }
  for (; bytes.size() >= x_rest.size(); bytes = bytes.subspan(x_rest.size())) block(bytes.data());
  std::copy(bytes.begin(), bytes.end(), x_rest.begin());
  x_filled = bytes.size();
}

Sha1 Sha1Stream::finish() {
  const uint64_t bits = x_bytes * 8;
  const std::byte one{0x80};
  update({&one, 1});
  const std::byte zero{0};
  while (x_filled != 56) update({&zero, 1});
  ByteWriter length;
  length.u64(bits);
  update(length.view());
  Sha1 digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::byte>(x_state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace pier::media::impl
