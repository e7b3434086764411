#include "clip_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <pier/transcode/source_parts.hpp>

namespace pier::edit::impl {
namespace {

constexpr int64_t kBackwards = 8;  // pictures decoded at once when they are shown backwards
constexpr size_t kMostKept = 10;
constexpr int64_t kUnevenSeconds = 2;   // of a varying rate, read before what is asked for
constexpr uint32_t kWhole = 1U << 16U;  // weight 1

template <typename Sample>
void mix_row(Sample* out, const std::vector<std::pair<const Sample*, uint32_t>>& rows, int width) {
  if (rows.size() == 2) {
    const Sample *a = rows[0].first, *b = rows[1].first;
    const uint32_t first = rows[0].second, second = rows[1].second;
    for (int x = 0; x < width; ++x) out[x] = static_cast<Sample>((a[x] * first + b[x] * second + kWhole / 2) >> 16U);
    return;
  }
  for (int x = 0; x < width; ++x) {
    uint64_t sum = kWhole / 2;
    for (const auto& [row, weight] : rows) sum += static_cast<uint64_t>(row[x]) * weight;
    out[x] = static_cast<Sample>(sum >> 16U);
  }
}

template <typename Sample>
void mix_planes(const MutablePictureView& out, const std::vector<Part>& parts, const std::vector<uint32_t>& weights) {
  std::vector<std::pair<const Sample*, uint32_t>> rows(parts.size());
  for (int plane = 0; plane < out.format.plane_count(); ++plane) {
    for (int y = 0; y < out.planes[plane].height; ++y) {
      for (size_t i = 0; i < parts.size(); ++i)
        rows[i] = {parts[i].picture.view().planes[plane].template row<Sample>(y), weights[i]};
      mix_row(out.planes[plane].template row<Sample>(y), rows, out.planes[plane].width);
    }
  }
}

Failure no_memory() {
  return fail(ErrorCode::kTooLarge, "no memory for a picture");
}

}  // namespace

Result<Picture> mixed(const std::vector<Part>& parts) {
  const Picture& like = parts.front().picture;
  Picture out = Picture::allocate(like.format(), like.width(), like.height(), like.colour());
  if (!out) return no_memory();
  std::vector<uint32_t> weights;
  uint32_t left = kWhole;
  for (const Part& part : parts) {
    weights.push_back(std::min(left, static_cast<uint32_t>(std::lround(part.weight * kWhole))));
    left -= weights.back();
  }
  weights.back() += left;
  if (like.format().bit_depth > 8)
    mix_planes<uint16_t>(out.writable(), parts, weights);
  else
    mix_planes<uint8_t>(out.writable(), parts, weights);
  return out;
}

Result<void> ClipPictures::open(int64_t number) {
  const deliver::Plan& plan = x_plan.plan;
  const Rational picture = plan.frame_rate.inverse();
  int64_t from = std::max<int64_t>(0, number);
  // A picture of a varying rate may have been there for long.
  if (x_plan.uneven) from = std::max<int64_t>(0, from - rescale(kUnevenSeconds, plan.frame_rate, 1));
  // Clocks of containers are rounded: a picture is met from half a picture before its time on.
  const int64_t first =
      from == 0 ? plan.first_pts : plan.first_pts + rescale(2 * from - 1, picture * Rational(1, 2), plan.time_base);
  x_kept.clear();
  x_ended = false;
  PIER_TRY(x_range, media::FrameRange::open(x_source, plan.stream_index, first, std::numeric_limits<int64_t>::max(), {},
                                            x_threads));
  return {};
}

/// False at the end.
Result<bool> ClipPictures::read() {
  PIER_TRY(const std::optional<media::Frame> frame, x_range->next());
  if (!frame) {
    x_ended = true;
    return false;
  }
  if (frame->damaged) x_damaged++;
  const deliver::Plan& plan = x_plan.plan;
  const int64_t number = rescale(frame->pts - plan.first_pts, plan.time_base, plan.frame_rate.inverse());
  Picture picture = frame->picture;
  picture.set_colour(plan.source_colour);
  PIER_TRY(picture, transcode::turned(picture, plan.rotation));
  x_kept.push_back({number, std::move(picture), false});
  if (x_kept.size() > kMostKept) x_kept.pop_front();
  return true;
}

Result<Picture> ClipPictures::fitted(const Picture& picture) const {
  if (picture.width() == x_wanted.width && picture.height() == x_wanted.height) return picture;
  Picture whole = transcode::framed(picture, x_wanted.width, x_wanted.height, x_plan.x, x_plan.y);
  if (!whole) return no_memory();
  return whole;
}

Result<Picture> ClipPictures::converted(Numbered& one) {
  if (one.converted) return one.picture;
  if (!x_converter) {
    const colour::PictureSpec from{one.picture.format(), one.picture.width(), one.picture.height(),
                                   x_plan.plan.source_colour};
    const colour::PictureSpec to{x_format, x_plan.width, x_plan.height, x_wanted.colour};
    PIER_TRY(x_converter, colour::Converter::make(from, to, x_plan.plan.conversion));
  }
  PIER_TRY(const Picture picture, x_converter->run(one.picture));
  PIER_TRY(one.picture, fitted(picture));
  one.converted = true;
  return one.picture;
}

Result<Picture> ClipPictures::at(int64_t number) {
  const bool back = !x_kept.empty() && number < x_kept.front().number;
  if (!x_range || back) PIER_CHECK(open(back ? number - kBackwards + 1 : number));
  // One further than asked for tells that no other is on the screen by then.
  while (!x_ended && (x_kept.empty() || x_kept.back().number < number)) {
    PIER_TRY(const bool more, read());
    if (!more) break;
  }
  if (x_kept.empty()) {
    return fail(ErrorCode::kInputDamaged, "picture " + std::to_string(number) + " cannot be decoded");
  }
  const auto after = std::ranges::upper_bound(x_kept, number, {}, &Numbered::number);
  return converted(after == x_kept.begin() ? *after : *std::prev(after));
}

}  // namespace pier::edit::impl
