#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

void reserved(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array sizes{1, 1, 16, 1};
    const std::array codes{3, 1020, 0, 1023};
    for (const bool near_miss : {false, true}) {
      const int size = sizes[static_cast<size_t>(variant)];
      const int code = near_miss ? (variant % 2 == 0 ? 4 : 1019) : codes[static_cast<size_t>(variant)];
      Case one =
          list.picture("levels.reserved",
                       std::to_string(size) + "x" + std::to_string(size) + " samples of code " + std::to_string(code),
                       kind, Content::kDetail, 40);
      one.planted = {{11, 11 + variant}};
      one.near_miss = near_miss;
      one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
        for (int y = 0; y < size; ++y)
          for (int x = 0; x < size; ++x)
            test::set_sample(view, variant % 3, view.width / 4 + x, view.height / 3 + y, code);
      });
      list.add(std::move(one));
    }
  });
}

void range(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array shares{0.0102, 0.02, 0.1, 0.0098};
    const double share = shares[static_cast<size_t>(variant)];
    const int code = variant % 2 == 0 ? 960 : 50;
    Case one = list.picture("levels.range", digits(100 * share) + " % of luma at code " + std::to_string(code), kind,
                            Content::kDetail, 40);
    one.planted = {{10, 17}};
    one.near_miss = share < 0.01;
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      const auto wanted = static_cast<int64_t>(std::ceil(share * view.width * view.height));
      for (int64_t i = 0; i < wanted; ++i)
        test::set_sample(view, 0, static_cast<int>(i % view.width), static_cast<int>(i / view.width), code);
    });
    list.add(std::move(one));
  });
}

/// A rectangle outside of -5 % to 105 %, as large as wanted after the R 103 filter has taken its rim (3 and 1 samples).
void gamut(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const std::array shares{0.0103, 0.02, 0.06, 0.0103, 0.0097};
        const bool colour_only = variant % 2 == 1;  // Y' inside, R' outside
        const double share = shares[static_cast<size_t>(variant)];
        Case one = list.picture("gamut", digits(100 * share) + (colour_only ? " % of R'" : " % of R'G'B'Y'"), kind,
                                Content::kDetail, 40);
        one.planted = {{12, 12 + 2 * variant}};
        one.near_miss = share < 0.01;
        const double area = share * one.clip.width * one.clip.height;
        const int height = static_cast<int>(std::sqrt(area)) & ~1;
        const int width = static_cast<int>(std::lround(area / height));
        const std::array codes = colour_only ? std::array{500, 512, 952} : std::array{1010, 512, 512};
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          paint(view, {view.width / 6 * 2, view.height / 6 * 2, (width + 7) & ~1, height + 2}, codes);
        });
        list.add(std::move(one));
      },
      5);
}

void damaged(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const int at = 27 + variant;
    Case one = list.picture("damaged", "frame " + std::to_string(at), kind, Content::kDetail, 80);
    one.planted = {{at, 49}};  // up to the next key picture
    one.plant = [at](media::Frame& frame, int index, const Scenery*) {
      if (index < at || index >= 50) return;
      frame.damaged = index == at;
      MutablePictureView view = frame.picture.writable();
      test::fill(view, 0, 0, view.width, view.height / 2, 0);  // what a decoder leaves: must not be judged
    };
    list.add(std::move(one));
  });
}

void signal_change(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const int at = 20 + variant;
    Case one = list.picture("signal_change", variant % 2 == 0 ? "transfer" : "raster", kind, Content::kDetail, 40);
    one.planted = {{at, at}};
    if (variant % 2 == 0) {
      const ColourInfo other = test::colour_of(kind == Kind::kSdr ? Kind::kHlg : Kind::kSdr);
      one.plant = [at, other](media::Frame& frame, int index, const Scenery*) {
        if (index >= at) frame.picture.set_colour(other);
      };
    } else {
      one.second_look = one.look;
      one.second_clip = one.clip;
      one.second_clip->width = one.clip.width * 2 / 3 & ~1;
      one.second_clip->height = one.clip.height * 2 / 3 & ~1;
      one.plant = [at](media::Frame& frame, int index, const Scenery* second) {
        if (index >= at) frame = second->frame(index);
      };
    }
    list.add(std::move(one));
  });
}

/// A patch of known light, or a whole picture of it.
void light(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const bool whole = variant == 1;
        const double nits = kind == Kind::kSdr ? (whole ? 60 : 98) : (whole ? 180 : 820);
        Case one = list.picture("luminance", digits(nits) + " cd/m2 on " + (whole ? "one picture" : "32x32 samples"),
                                kind, Content::kSoft, 40);
        one.measure = ExpectedMeasure{whole ? "luminance.max_fall_nits" : "luminance.max_cll_nits", nits, nits * 0.02};
        const int code = test::luma_code(one.clip, nits), grey = test::luma_code(one.clip, 10);
        one.plant = [=](media::Frame& frame, int index, const Scenery*) {
          if (index != 17) return;
          MutablePictureView view = frame.picture.writable();
          if (whole) {
            test::fill(view, code);
          } else {
            // Without colour around it, which would be interpolated into its rim.
            test::fill(view, view.width / 4 & ~1, view.height / 4 & ~1, 48, 48, grey);
            test::fill(view, (view.width / 4 & ~1) + 8, (view.height / 4 & ~1) + 8, 32, 32, code);
          }
        };
        list.add(std::move(one));
      },
      2);
}

}  // namespace

void add_signal_faults(CaseList& list) {
  reserved(list);
  range(list);
  gamut(list);
  damaged(list);
  signal_change(list);
  light(list);
}

}  // namespace pier::analysis::bench
