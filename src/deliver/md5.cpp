#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <pier/deliver/receipt.hpp>

namespace pier::deliver {
namespace {

constexpr std::array<std::array<int, 4>, 4> kTurns = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

/// The table T of RFC 1321 clause 3.4: whole parts of 2^32 |sin i|.
const std::array<uint32_t, 64>& sines() {
  static const std::array<uint32_t, 64> table = [] {
    std::array<uint32_t, 64> made{};
    for (size_t i = 0; i < made.size(); ++i)
      made[i] = static_cast<uint32_t>(std::floor(std::abs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
    return made;
  }();
  return table;
}

}  // namespace

void Md5::block(const std::byte* bytes) {
  std::array<uint32_t, 16> words{};
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(words.data(), bytes, sizeof words);
  auto [a, b, c, d] = x_state;
  for (size_t i = 0; i < 64; ++i) {
    const size_t round = i / 16;
    uint32_t mixed = 0;
    size_t word = i;
    if (round == 0) {
      mixed = (b & c) | (~b & d);
    } else if (round == 1) {
      mixed = (d & b) | (~d & c);
      word = (5 * i + 1) % 16;
    } else if (round == 2) {
      mixed = b ^ c ^ d;
      word = (3 * i + 5) % 16;
    } else {
      mixed = c ^ (b | ~d);
      word = (7 * i) % 16;
    }
    const uint32_t sum = a + mixed + sines()[i] + words[word];
    a = d;
    d = c;
    c = b;
    b += std::rotl(sum, kTurns[round][i % 4]);
  }
  x_state[0] += a;
  x_state[1] += b;
  x_state[2] += c;
  x_state[3] += d;
}

void Md5::update(ByteView bytes) {
  x_bytes += bytes.size();
  while (!bytes.empty()) {
    if (x_count == 0 && bytes.size() >= x_waiting.size()) {
      block(bytes.data());
      bytes = bytes.subspan(x_waiting.size());
      continue;
    }
    const size_t taken = std::min(bytes.size(), x_waiting.size() - x_count);
    std::copy_n(bytes.begin(), taken, x_waiting.begin() + static_cast<ptrdiff_t>(x_count));
    x_count += taken;
    bytes = bytes.subspan(taken);
    if (x_count < x_waiting.size()) return;
    block(x_waiting.data());
    x_count = 0;
  }
}

std::array<std::byte, 16> Md5::finish() {
  const uint64_t bits = x_bytes * 8;
  std::array<std::byte, 72> end{};
  end[0] = std::byte{0x80};
  const size_t zeros = (x_count < 56 ? 56 : 120) - x_count;
  std::memcpy(end.data() + zeros, &bits, sizeof bits);
  update(ByteView(end).first(zeros + sizeof bits));
  std::array<std::byte, 16> digest{};
  std::memcpy(digest.data(), x_state.data(), digest.size());
  return digest;
}

}  // namespace pier::deliver
