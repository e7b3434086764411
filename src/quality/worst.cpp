#include "worst.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/convert.hpp>
#include <pier/media/encode.hpp>

namespace pier::quality::impl {
namespace {

constexpr size_t kApart = 25;  // pictures
constexpr int kShownWidth = 960, kQuality = 90;
const ColourInfo kJpegColour{Primaries::kBt709, Transfer::kBt709, Matrix::kSmpte170m, Range::kFull,
                             ChromaSite::kCenter};

Result<Picture> shown(const Picture& picture) {
  const int width = std::max(2, std::min(kShownWidth, picture.width()) / 2 * 2);
  const auto height = static_cast<int>(std::lround(0.5 * width * picture.height() / picture.width())) * 2;
  PIER_TRY(const colour::Converter converter,
           colour::Converter::make({picture.format(), picture.width(), picture.height(), picture.colour()},
                                   {{8, Chroma::k420, false}, width, std::max(2, height), kJpegColour}));
  return converter.run(picture);
}

Result<WorstPicture> show(size_t number, const Picture& reference, const Picture& test) {
  PIER_TRY(const Picture one, shown(reference));
  PIER_TRY(const Picture other, shown(test));
  WorstPicture worst{number, one.width(), one.height(), {}, {}};
  PIER_TRY(worst.reference, media::encode_jpeg(one.view(), kQuality));
  PIER_TRY(worst.test, media::encode_jpeg(other.view(), kQuality));
  return worst;
}

}  // namespace

Result<void> WorstPictures::offer(size_t number, double value, const Series& series, const Picture& reference,
                                  const Picture& test) {
  if (x_count == 0) return {};
  const double badness = series.higher_is_better ? -value : value;
  const auto near =
      std::ranges::find_if(x_kept, [&](const Kept& kept) { return number - kept.shown.picture < kApart; });
  const auto least = std::ranges::min_element(x_kept, {}, &Kept::badness);
  const auto rival = near != x_kept.end() ? near : x_kept.size() >= x_count ? least : x_kept.end();
  if (rival != x_kept.end() && badness <= rival->badness) return {};
  auto made = show(number, reference, test);
  if (!made) return {};
  if (rival != x_kept.end()) x_kept.erase(rival);
  x_kept.push_back({badness, std::move(*made)});
  return {};
}

std::vector<WorstPicture> WorstPictures::finish() {
  std::ranges::stable_sort(x_kept, std::greater(), &Kept::badness);
  std::vector<WorstPicture> worst;
  for (Kept& kept : x_kept) worst.push_back(std::move(kept.shown));
  x_kept.clear();
  return worst;
}

}  // namespace pier::quality::impl
