#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

constexpr int kFewFrames = 49;  // five of them are looked at by the analyzers that look at every 12th

/// Pictures that were made in a smaller raster, through every kernel, some under grain that was added later.
void upscaled(CaseList& list) {
  struct Made {
    int small, big, grain;
    Kernel kernel;
  };
  constexpr std::array kMade{
      Made{1, 2, 2, Kernel::kBicubic}, Made{1, 2, 2, Kernel::kLanczos}, Made{1, 2, 2, Kernel::kBilinear},
      Made{2, 3, 2, Kernel::kBicubic}, Made{2, 3, 2, Kernel::kLanczos}, Made{2, 3, 2, Kernel::kBilinear},
      Made{1, 3, 2, Kernel::kBicubic}, Made{1, 3, 2, Kernel::kLanczos}, Made{1, 2, 6, Kernel::kBicubic}};
  const auto make = [&](Kind kind, int variant) {
    const Made& made = kMade[static_cast<size_t>(variant)];
    Case one = list.picture("resolution.upscaled",
                            std::to_string(made.small) + "/" + std::to_string(made.big) + " " + name(made.kernel) +
                                ", noise of " + std::to_string(made.grain) + " codes",
                            kind, Content::kDetail, kFewFrames);
    one.look.small = made.small;
    one.look.big = made.big;
    one.look.kernel = made.kernel;
    one.look.grain = made.grain;
    one.planted = {{0, kFewFrames - 1}};
    one.measure = ExpectedMeasure{"resolution.effective_height", one.clip.height * made.small / made.big, 0.6};
    list.add(std::move(one));
  };
  list.each(make, static_cast<int>(kMade.size()));
  if (list.full()) {
    list.in_uhd([&] {
      for (int variant = 1; variant < 8; ++variant) make(variant % 2 == 0 ? Kind::kSdr : Kind::kHlg, variant);
    });
  }
}

/// The verdict on pictures that were made in their raster: sharp ones are native, soft ones uncertain.
void native(CaseList& list) {
  struct Shown {
    Content content;
    double softness;
    const char* verdict;
  };
  constexpr std::array kShown{Shown{Content::kDetail, 0, "native"},      Shown{Content::kGrain, 0, "native"},
                              Shown{Content::kHighlights, 0, "native"},  Shown{Content::kDetail, 1.3, "uncertain"},
                              Shown{Content::kDetail, 2.5, "uncertain"}, Shown{Content::kDetail, 6, "uncertain"}};
  const auto make = [&](Kind kind, int variant) {
    Shown shown = kShown[static_cast<size_t>(variant)];
    if (list.tiny() && shown.content == Content::kHighlights) shown.content = Content::kMotion;
    Case one = list.picture("resolution.native",
                            name(shown.content) + " through a filter of " + digits(shown.softness) + " samples", kind,
                            shown.content, kFewFrames);
    one.look.softness = shown.softness;
    one.measure = ExpectedMeasure{"resolution.verdict", shown.verdict};
    list.add(std::move(one));
  };
  list.each(make, static_cast<int>(kShown.size()));
  if (list.full()) {
    list.in_uhd([&] {
      for (int variant = 1; variant < 6; ++variant) make(variant % 2 == 0 ? Kind::kSdr : Kind::kHlg, variant);
    });
  }
}

/// Blocks of their own level in a part of a smooth sky. Near miss: below the noise.
void blocks(CaseList& list) {
  struct Blocks {
    int side;
    double width, height;  // shares of the picture
    int strength;          // levels spread by black-to-peak divided by this
  };
  constexpr std::array kBlocks{Blocks{8, 0.34, 0.34, 40}, Blocks{16, 0.34, 0.34, 40}, Blocks{32, 1, 1, 40},
                               Blocks{8, 1, 0.5, 60},     Blocks{8, 1, 0.5, 2000},    Blocks{16, 0.34, 0.34, 2000}};
  list.each(
      [&](Kind kind, int variant) {
        Blocks b = kBlocks[static_cast<size_t>(variant)];
        // A region must be 320 x 240.
        if (list.tiny()) b = {8, 1, 1, b.strength};
        Case one = list.picture("blockiness",
                                "blocks of " + std::to_string(b.side) + " in " + digits(100 * b.width * b.height) +
                                    " % of the picture, spread by 1/" + std::to_string(b.strength),
                                kind, Content::kSky, 60);
        one.planted = {{12, 41}};
        one.near_miss = b.strength >= 2000;
        if (b.height == 1) one.look.softness = 12;  // smooth all over
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int index) {
          const int right = static_cast<int>(b.width * view.width), bottom = static_cast<int>(b.height * view.height);
          for (int y = 0; y < bottom; ++y) {
            auto* row = view.planes[0].row<uint16_t>(y);
            for (int x = 0; x < right; ++x) {
              const uint32_t block = hash(static_cast<uint32_t>(x / b.side), static_cast<uint32_t>(y / b.side),
                                          static_cast<uint32_t>(index));
              row[x] = static_cast<uint16_t>(row[x] - static_cast<int>(block % 1000U) * 876 / (b.strength * 1000));
            }
          }
        });
        list.add(std::move(one));
      },
      static_cast<int>(kBlocks.size()));
}

/// A dim slope in steps of a coarser depth; near misses: steps of ten bits, dithered ones, too small a part.
void contours(CaseList& list) {
  struct Slope {
    const char* text;
    double part;  // of the height
    int step;     // codes of 10 bits
    bool dithered, near_miss;
  };
  constexpr std::array kSlopes{Slope{"8 bits", 0.25, 4, false, false},         Slope{"7 bits", 0.5, 8, false, false},
                               Slope{"8 bits", 0.06, 4, false, false},         Slope{"10 bits", 0.25, 1, false, true},
                               Slope{"8 bits, dithered", 0.25, 4, true, true}, Slope{"8 bits", 0.012, 4, false, true}};
  list.each(
      [&](Kind kind, int variant) {
        const Slope& s = kSlopes[static_cast<size_t>(variant)];
        Case one =
            list.picture("banding.contours", std::string(s.text) + " in " + digits(100 * s.part) + " % of the picture",
                         kind, Content::kDetail, 84);
        one.planted = {{24, 59}};
        one.near_miss = s.near_miss;
        const int low = test::luma_code(one.clip, 0.5) / 8 * 8;
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          const int rows = static_cast<int>(s.part * view.height) & ~1;
          for (int y = 0; y < rows; ++y) {
            auto* row = view.planes[0].row<uint16_t>(y);
            for (int x = 0; x < view.width; ++x) {
              const int dither = s.dithered ? (x + 2 * y) % s.step : 0;
              row[x] = static_cast<uint16_t>((low + x * 48 / view.width + dither) / s.step * s.step);
            }
          }
        });
        list.add(std::move(one));
      },
      static_cast<int>(kSlopes.size()));
}

/// Ten bits that are eight shifted up; near miss: all but one sample in thirty.
void low_depth(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const bool near_miss = variant == 2;
        Case one = list.picture("banding.low_depth", near_miss ? "8 bits but for 3 % of the samples" : "8 bits", kind,
                                variant == 1 ? Content::kGrain : Content::kDetail, 84);
        one.planted = {{24, 59}};
        one.near_miss = near_miss;
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          for (int y = 0; y < view.height; ++y) {
            auto* row = view.planes[0].row<uint16_t>(y);
            for (int x = 0; x < view.width; ++x) {
              const bool left_out = near_miss && hash(static_cast<uint32_t>(x), static_cast<uint32_t>(y), 5) % 32 == 0;
              row[x] = static_cast<uint16_t>((row[x] & ~3) + (left_out ? 2 : 0));
            }
          }
        });
        list.add(std::move(one));
      },
      3);
}

/// The lens loses its focus for a while. Near misses: a little of it, and less than a second.
void blur(CaseList& list) {
  struct Focus {
    double softness;
    int first, last;
    bool near_miss;
  };
  constexpr std::array kFocus{Focus{16, 30, 95, false}, Focus{18, 30, 101, false}, Focus{16, 0, 119, false},
                              Focus{4, 30, 95, true}, Focus{20, 30, 71, true}};
  list.each(
      [&](Kind kind, int variant) {
        const Focus& focus = kFocus[static_cast<size_t>(variant)];
        Case one = list.picture(
            "blur", "a filter of " + digits(focus.softness) + " samples, " + frames(focus.last - focus.first + 1), kind,
            Content::kFlat, 120);
        // What has little contrast is not judged.
        one.look.peak = kind == Kind::kSdr ? 95 : 800;
        one.second_look = one.look;
        one.second_look->softness = focus.softness;
        one.second_look->grain = 1;
        one.planted = {{focus.first, focus.last}};
        one.near_miss = focus.near_miss;
        one.plant = [=](media::Frame& frame, int index, const Scenery* second) {
          if (index >= focus.first && index <= focus.last) frame = second->frame(index);
        };
        list.add(std::move(one));
      },
      static_cast<int>(kFocus.size()));
}

}  // namespace

void add_quality_faults(CaseList& list) {
  upscaled(list);
  native(list);
  blocks(list);
  contours(list);
  low_depth(list);
  blur(list);
}

}  // namespace pier::analysis::bench
