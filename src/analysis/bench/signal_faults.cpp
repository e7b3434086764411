#include <memory>

#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

void reserved(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array sizes{1, 1, 16, 1};
    const std::array codes{3, 1020, 0, 1023};
    const int size = sizes[static_cast<size_t>(variant)], code = codes[static_cast<size_t>(variant)];
    Case one =
        list.picture("levels.reserved",
                     std::to_string(size) + "x" + std::to_string(size) + " samples of code " + std::to_string(code),
                     kind, Content::kDetail, 40);
    one.planted = {{11, 11 + 1 + variant - 1}};
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x)
          test::set_sample(view, variant % 3, view.width / 4 + x, view.height / 3 + y, code);
    });
    list.add(std::move(one));
  });
}

void range(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array shares{0.0102, 0.02, 0.1, 0.0102};
    const double share = shares[static_cast<size_t>(variant)];
    const int code = variant % 2 == 0 ? 960 : 50;
    Case one = list.picture("levels.range", digits(100 * share) + " % of luma at code " + std::to_string(code), kind,
                            Content::kDetail, 40);
    one.planted = {{10, 10 + 8 - 1}};
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      const auto wanted = static_cast<int64_t>(std::ceil(share * view.width * view.height));
      for (int64_t i = 0; i < wanted; ++i) {
        test::set_sample(view, 0, static_cast<int>(i % view.width), static_cast<int>(i / view.width), code);
      }
    });
    list.add(std::move(one));
  });
}

void damaged(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    Case one = list.picture("damaged", "frame " + std::to_string(27 + variant), kind, Content::kDetail, 80);
    one.planted = {{27 + variant, 49}};  // up to the next key picture
    one.plant = [variant](media::Frame& frame, int index) {
      if (index < 27 + variant || index >= 50) return;
      frame.damaged = index == 27 + variant;
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
      one.plant = [at, other](media::Frame& frame, int index) {
        if (index >= at) frame.picture.set_colour(other);
      };
    } else {
      ClipSpec small = one.clip;
      small.width = 1280;
      small.height = 720;
      const auto other = std::make_shared<Scenery>(small, Content::kDetail);
      one.plant = [at, other](media::Frame& frame, int index) {
        if (index >= at) frame = other->frame(index);
      };
    }
    list.add(std::move(one));
  });
}

void peak_light(CaseList& list) {
  for (const Kind kind : {Kind::kSdr, Kind::kHlg, Kind::kPq}) {
    const double nits = kind == Kind::kSdr ? 98 : 820;
    Case one = list.picture("luminance", digits(nits) + " cd/m2 on 32x32 samples, one frame", kind, Content::kSoft, 40);
    one.planted = {{17, 17}};
    one.measure = ExpectedMeasure{"luminance.max_cll_nits", nits, nits * 0.02};
    const int code = test::luma_code(one.clip, nits);
    one.plant =
        CaseList::inside(one, [code](MutablePictureView& view, int) { test::fill(view, 400, 300, 32, 32, code); });
    list.add(std::move(one));
  }
}

}  // namespace

void add_signal_faults(CaseList& list) {
  reserved(list);
  range(list);
  damaged(list);
  signal_change(list);
  peak_light(list);
}

}  // namespace pier::analysis::bench
