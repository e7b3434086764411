// SMPTE ST 2094-40 (application 4), as it stands in ITU-T T.35 user data.

#include <pier/media/access_unit.hpp>

#include "bitstream/bit_reader.hpp"

namespace pier::media {
namespace {

using impl::BitReader;

constexpr int kHeaderBits = 56;  // country, provider, its code, application and version
constexpr size_t kMostEntries = 15;

/// Rows and columns of a table of luminances of a display.
void skip_actual_peak(BitReader& reader) {
  const uint32_t rows = reader.bits(5), columns = reader.bits(5);
  for (uint32_t i = 0; i < rows * columns && reader.ok(); ++i) reader.bits(4);
}

void read_statistics(BitReader& reader, Hdr10Plus& found) {
  for (uint32_t& value : found.max_scl) value = reader.bits(17);
  found.average_max_rgb = reader.bits(17);
  const uint32_t percentiles = reader.bits(4);
  for (uint32_t i = 0; i < percentiles && reader.ok(); ++i) {
    const uint32_t percentage = reader.bits(7);
    found.distribution.push_back({percentage, reader.bits(17)});
  }
  if (reader.bits(10) != 0) found.unplaced.emplace_back("fraction_bright_pixels");
}

void read_curve(BitReader& reader, Hdr10Plus& found) {
  if (reader.bits(1) == 0) return;
  Hdr10PlusCurve& curve = found.curve.emplace();
  curve.knee_x = reader.bits(12);
  curve.knee_y = reader.bits(12);
  const uint32_t anchors = reader.bits(4);
  for (uint32_t i = 0; i < anchors && reader.ok(); ++i) curve.anchors.push_back(reader.bits(10));
}

/// Keeps whether all that was put had room in its place.
class Writer {
 public:
  void put(uint64_t value, int count) {
    x_fits = x_fits && value >> static_cast<unsigned>(count) == 0;
    for (int bit = count - 1; bit >= 0; --bit) {
      if (x_used == 0) x_bytes.push_back(std::byte{0});
      if ((value >> static_cast<unsigned>(bit) & 1U) != 0) x_bytes.back() |= std::byte{0x80} >> x_used;
      x_used = (x_used + 1) % 8;
    }
  }
  Result<Bytes> take() {
    if (x_fits) return std::move(x_bytes);
    return fail(ErrorCode::kInvalidArgument, "a value is larger than ST 2094-40 has room for");
  }

 private:
  Bytes x_bytes;
  int x_used = 0;  // bits of the last byte
  bool x_fits = true;
};

}  // namespace

Result<Hdr10Plus> parse_hdr10_plus(ByteView payload) {
  BitReader reader(payload);
  for (int skipped = 0; skipped < kHeaderBits; skipped += 8) reader.bits(8);
  Hdr10Plus found;
  if (const uint32_t windows = reader.bits(2); reader.ok() && windows != 1) {
    return fail(ErrorCode::kInputUnsupported, "the HDR10+ metadata has " + std::to_string(windows) +
                                                  " windows; only those of the whole picture are read");
  }
  found.target_luminance = reader.bits(27);
  if (reader.bits(1) != 0) {
    skip_actual_peak(reader);
    found.unplaced.emplace_back("targeted_system_display_actual_peak_luminance");
  }
  read_statistics(reader, found);
  if (reader.bits(1) != 0) {
    skip_actual_peak(reader);
    found.unplaced.emplace_back("mastering_display_actual_peak_luminance");
  }
  read_curve(reader, found);
  if (reader.bits(1) != 0) {
    reader.bits(6);
    found.unplaced.emplace_back("color_saturation_weight");
  }
  if (!reader.ok()) return fail(ErrorCode::kInputDamaged, "the HDR10+ metadata ends too early");
  return found;
}

Result<Bytes> write_hdr10_plus(const Hdr10Plus& metadata) {
  const size_t anchors = metadata.curve ? metadata.curve->anchors.size() : 0;
  if (metadata.distribution.size() > kMostEntries || anchors > kMostEntries)
    return fail(ErrorCode::kInvalidArgument, "more than 15 percentiles or anchors");
  Writer out;
  out.put(0xB5003C0001, 40);  // United States, provider and its code
  out.put(4, 8);
  out.put(1, 8);
  out.put(1, 2);
  out.put(metadata.target_luminance, 27);
  out.put(0, 1);
  for (const uint32_t value : metadata.max_scl) out.put(value, 17);
  out.put(metadata.average_max_rgb, 17);
  out.put(metadata.distribution.size(), 4);
  for (const Hdr10PlusPercentile& one : metadata.distribution) {
    out.put(one.percentage, 7);
    out.put(one.value, 17);
  }
  out.put(0, 10);  // fraction_bright_pixels
  out.put(0, 1);
  out.put(metadata.curve ? 1 : 0, 1);
  if (metadata.curve) {
    out.put(metadata.curve->knee_x, 12);
    out.put(metadata.curve->knee_y, 12);
    out.put(anchors, 4);
    for (const uint32_t anchor : metadata.curve->anchors) out.put(anchor, 10);
  }
  out.put(0, 1);
  return out.take();
}

}  // namespace pier::media
