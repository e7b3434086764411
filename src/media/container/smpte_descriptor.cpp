#include "container/smpte_descriptor.hpp"

#include <algorithm>

namespace pier::media::impl {
namespace {

// 06.0e.2b.34.04.01.01.VV.04.01.01.01.GG.NN.00.00, the version VV left out; NN when the group is `group`, else 0.
int colour_item(const UniversalLabel& label, uint8_t group) {
  static constexpr uint8_t kHead[] = {0x06, 0x0e, 0x2b, 0x34, 0x04, 0x01, 0x01};
  static constexpr uint8_t kTail[] = {0x04, 0x01, 0x01, 0x01};
  if (!std::equal(std::begin(kHead), std::end(kHead), label.begin())) return 0;
  if (!std::equal(std::begin(kTail), std::end(kTail), label.begin() + 8)) return 0;
  return label[12] == group ? label[13] : 0;
}

}  // namespace

Primaries primaries_of(const UniversalLabel& label) {
  switch (colour_item(label, 3)) {
    case 1:
      return Primaries::kSmpte170m;
    case 2:
      return Primaries::kBt470bg;
    case 3:
      return Primaries::kBt709;
    case 4:
      return Primaries::kBt2020;
    case 5:
      return static_cast<Primaries>(10);  // ST 428-1 (XYZ)
    case 6:
      return Primaries::kP3D65;
    default:
      return Primaries::kUnspecified;
  }
}

Transfer transfer_of(const UniversalLabel& label) {
  switch (colour_item(label, 1)) {
    case 1:
      return static_cast<Transfer>(5);  // BT.470
    case 2:
      return Transfer::kBt709;
    case 3:
      return static_cast<Transfer>(7);  // SMPTE 240M
    case 4:
      return Transfer::kBt709;  // ST 274 has the curve of BT.709
    case 5:
      return static_cast<Transfer>(12);  // BT.1361
    case 6:
      return Transfer::kLinear;
    case 7:
      return static_cast<Transfer>(17);  // ST 428-1
    case 8:
      return static_cast<Transfer>(11);  // IEC 61966-2-4
    case 9:
      return Transfer::kBt2020_10;
    case 10:
      return Transfer::kPq;
    case 11:
      return Transfer::kHlg;
    default:
      return Transfer::kUnspecified;
  }
}

Matrix matrix_of(const UniversalLabel& label) {
  switch (colour_item(label, 2)) {
    case 1:
      return Matrix::kSmpte170m;
    case 2:
      return Matrix::kBt709;
    case 3:
      return static_cast<Matrix>(7);
    case 4:
      return static_cast<Matrix>(8);
    case 5:
      return Matrix::kRgb;
    case 6:
      return Matrix::kBt2020Ncl;
    default:
      return Matrix::kUnspecified;
  }
}

std::optional<UniversalLabel> parse_label(std::string_view urn) {
  constexpr std::string_view kPrefix = "urn:smpte:ul:";
  if (!urn.starts_with(kPrefix)) return std::nullopt;
  std::string digits;
  for (const char c : urn.substr(kPrefix.size())) {
    if (c != '.') digits.push_back(c);
  }
  const auto bytes = from_hex(digits);
  if (!bytes || bytes->size() != 16) return std::nullopt;
  UniversalLabel label;
  std::transform(bytes->begin(), bytes->end(), label.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return label;
}

Range range_of_levels(int64_t black, int64_t white, int depth) {
  if (depth < 8 || depth > 16) return Range::kUnspecified;
  const int64_t scale = int64_t{1} << (depth - 8);
  if (black == 16 * scale && white == 235 * scale) return Range::kNarrow;
  if (black == 0 && white == (int64_t{1} << depth) - 1) return Range::kFull;
  return Range::kUnspecified;
}

}  // namespace pier::media::impl
