#include <algorithm>
#include <cmath>

#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

/// A rectangle of one colour, chroma too. Even numbers.
void paint(MutablePictureView& view, int x, int y, int width, int height, int luma, int blue, int red) {
  test::fill(view, x, y, width, height, luma);
  for (int row = y / 2; row < (y + height) / 2; ++row) {
    for (int column = x / 2; column < (x + width) / 2; ++column) {
      test::set_sample(view, 1, column, row, blue);
      test::set_sample(view, 2, column, row, red);
    }
  }
}

/// A rectangle outside of -5 % to 105 %, as large as wanted after the R 103 filter has taken its rim (3 and 1 samples).
void gamut(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array shares{0.0103, 0.02, 0.06, 0.0103};
    const bool colour_only = variant % 2 == 1;  // Y' inside, R' outside
    const double share = shares[static_cast<size_t>(variant)];
    Case one = list.picture("gamut", digits(100 * share) + (colour_only ? " % of R'" : " % of R'G'B'Y'"), kind,
                            Content::kDetail, 40);
    one.analyzer = "gamut";
    one.planted = {{12, 12 + 2 * variant}};
    const double area = share * one.clip.width * one.clip.height;
    const int height = (static_cast<int>(std::sqrt(area)) & ~1) + 4;
    const int width = ((static_cast<int>(area / (height - 4)) + 1) & ~1) + 10;
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      paint(view, 640, 200, width, height, colour_only ? 500 : 1010, 512, colour_only ? 952 : 512);
    });
    list.add(std::move(one));
  });
}

struct Tone {
  double red, green, blue;
};

/// Y'CbCr of narrow range at 10 bits.
std::array<int, 3> codes_of(const Tone& tone, Kind kind) {
  const double kr = kind == Kind::kSdr ? 0.2126 : 0.2627, kb = kind == Kind::kSdr ? 0.0722 : 0.0593;
  const double y = kr * tone.red + (1 - kr - kb) * tone.green + kb * tone.blue;
  const auto chroma = [](double value) { return static_cast<int>(std::lround(512 + 896 * value)); };
  return {static_cast<int>(std::lround(64 + 876 * y)), chroma((tone.blue - y) / (2 - 2 * kb)),
          chroma((tone.red - y) / (2 - 2 * kr))};
}

void bars(CaseList& list) {
  constexpr std::array<Tone, 8> kOrder{
      {{1, 1, 1}, {1, 1, 0}, {0, 1, 1}, {0, 1, 0}, {1, 0, 1}, {1, 0, 0}, {0, 0, 1}, {0, 0, 0}}};
  list.each([&](Kind kind, int variant) {
    const std::array lengths{27, 30, 60, 100};
    const int length = lengths[static_cast<size_t>(variant)];
    const double height = kind == Kind::kPq ? 0.58 : 0.75;
    Case one = list.picture("bars", frames(length) + " of eight bars", kind, Content::kDetail, 140);
    one.analyzer = "bars";
    one.planted = {{10, 10 + length - 1}};
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      for (int i = 0; i < 8; ++i) {
        const Tone& full = kOrder[static_cast<size_t>(i)];
        const auto codes = codes_of({full.red * height, full.green * height, full.blue * height}, kind);
        const int from = view.width / 8 * i;
        paint(view, from, 0, i == 7 ? view.width - from : view.width / 8, view.height, codes[0], codes[1], codes[2]);
      }
    });
    list.add(std::move(one));
  });
}

void field(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const std::array lengths{102, 104, 110, 130};
    const int length = lengths[static_cast<size_t>(variant)];
    Case one = list.picture("bars.field", frames(length) + " of one colour", kind, Content::kDetail, 150);
    one.analyzer = "bars";
    one.planted = {{10, 10 + length - 1}};
    const int code = test::luma_code(one.clip, 8.0 * (variant + 1));
    one.plant = CaseList::inside(one, [code](MutablePictureView& view, int) { test::fill(view, code); });
    list.add(std::move(one));
  });
}

/// Lines of letters, or what looks like them from afar, on a plain ground, before the programme begins.
void slate(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    const int length = 102 + 8 * variant, lines = 5 + variant;
    Case one =
        list.picture("slate", frames(length) + ", " + std::to_string(lines) + " lines", kind, Content::kDetail, 150);
    one.analyzer = "bars";
    one.planted = {{0, length - 1}};
    const int ground = test::luma_code(one.clip, 1.5), letter = test::luma_code(one.clip, 70);
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      test::fill(view, ground);
      const int step = view.height / (2 * lines + 2), size = step * 3 / 4 & ~1;
      for (int line = 0; line < lines; ++line) {
        const int y = (2 * line + 2) * step & ~1;
        for (int at = 0; at < 20 + 3 * (line % 3); ++at) {
          if (at % 7 == 5) continue;  // between words
          const int x = (view.width / 10 + at * size) & ~1;
          test::fill(view, x, y, (size / 4) & ~1, size, letter);
          test::fill(view, x, y + (at % 3) * (size / 3), (size * 2 / 3) & ~1, (size / 5) & ~1, letter);
        }
      }
    });
    list.add(std::move(one));
  });
}

/// Part of the picture goes up and down: a transition every six frames, nine in all, the seventh makes it a fault.
void flashes(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    struct Strength {
      double share, dark, bright;
    };
    const double scale = kind == Kind::kSdr ? 0.5 : 1;  // white of SDR is taken for 200 cd/m2
    const std::array<Strength, 4> strengths{{{0.32, 10, 34}, {0.32, 1, 120}, {1, 40, 65}, {0.5, 5, 80}}};
    const Strength& strength = strengths[static_cast<size_t>(variant)];
    Case one = list.picture("flash",
                            digits(100 * strength.share) + " % of the picture, " + digits(strength.dark) + " to " +
                                digits(strength.bright) + " cd/m2, 4.2 flashes a second",
                            kind, Content::kSoft, 160);
    one.analyzer = "flash";
    constexpr int kFirst = 20, kStep = 6, kTransitions = 9;
    one.planted = {{kFirst + 6 * kStep, kFirst + kTransitions * kStep}};
    const int dark = test::luma_code(one.clip, strength.dark * scale);
    const int bright = test::luma_code(one.clip, strength.bright * scale);
    one.plant = [=](media::Frame& frame, int index) {
      MutablePictureView view = frame.picture.writable();
      const int height = static_cast<int>(view.height * strength.share) & ~1;
      const int step = std::clamp((index - kFirst) / kStep + (index >= kFirst ? 1 : 0), 0, kTransitions);
      test::fill(view, 0, 0, view.width, height, step % 2 == 1 ? bright : dark);
    };
    list.add(std::move(one));
  });
}

void cuts(CaseList& list) {
  for (const Kind kind : {Kind::kSdr, Kind::kHlg, Kind::kPq}) {
    Case one = list.picture("shots", "five cuts", kind, Content::kCuts, 150);
    one.analyzer = "shots";
    one.planted = {{25, 125}};
    one.measure = ExpectedMeasure{"shots.cuts", 5, 0};
    list.add(std::move(one));
  }
}

/// A little less than each threshold: nothing may be found.
void near_misses(CaseList& list) {
  list.each([&](Kind kind, int variant) {
    constexpr std::array kNames{"black at 0.06 cd/m2", "23 frames held", "0.98 % of luma beyond peak",
                                "black inside a border of 2 %"};
    Case one = list.picture("near_miss", kNames[static_cast<size_t>(variant)], kind, Content::kDetail, 70);
    one.near_miss = true;
    one.planted = {{20, 40}};
    const int dim = test::luma_code(one.clip, 0.06) + 1, black = test::luma_code(one.clip, 0);
    if (variant == 1) {
      one.source = [](int index) { return index < 20 || index > 42 ? index : 19; };
      list.add(std::move(one));
      return;
    }
    one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
      if (variant == 0) test::fill(view, dim);
      if (variant == 2) {
        const auto wanted = static_cast<int>(0.0098 * view.width * view.height);
        for (int i = 0; i < wanted; ++i) test::set_sample(view, 0, i % view.width, i / view.width, 950);
      }
      if (variant == 3) test::fill(view, 0, view.height / 50 & ~1, view.width, view.height * 48 / 50 & ~1, black);
    });
    list.add(std::move(one));
  });
}

}  // namespace

void add_content_faults(CaseList& list) {
  gamut(list);
  bars(list);
  field(list);
  slate(list);
  flashes(list);
  cuts(list);
  near_misses(list);
}

}  // namespace pier::analysis::bench
