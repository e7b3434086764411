#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

void black(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const std::array lengths{1, 2, 12, 60, 5, 5};
        const std::array lights{0.045, 0.0, 0.045, 0.0, 0.06, 0.0};
        const int length = lengths[static_cast<size_t>(variant)];
        const double nits = lights[static_cast<size_t>(variant)];
        const bool bordered = variant == 5;
        Case one = list.picture(
            "black", frames(length) + " at " + digits(nits) + " cd/m2" + (bordered ? ", a bright border of 2 %" : ""),
            kind, Content::kDetail, 90);
        one.planted = {{20, 20 + length - 1}};
        one.near_miss = variant >= 4;
        const int code = test::luma_code(one.clip, nits) + (variant == 4 ? 1 : 0);
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          const int top = bordered ? view.height / 50 & ~1 : 0;
          test::fill(view, 0, top, view.width, view.height - top, code);
        });
        list.add(std::move(one));
      },
      6);
}

/// The picture before is held: sample for sample, or with noise of its own in each frame, as a codec leaves it.
void freeze(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const std::array lengths{25, 26, 40, 80, 24, 40};
        const int length = lengths[static_cast<size_t>(variant)];
        const bool noisy = variant % 2 == 1, alive = variant == 5;
        Case one = list.picture(
            "freeze", frames(length) + (noisy ? " held, with noise" : " held") + (alive ? ", one thing moves" : ""),
            kind, noisy ? Content::kSoft : Content::kDetail, 130);
        const int first = 20 + 3 * variant, last = first + length - 1;
        one.planted = {{first, last}};
        one.near_miss = variant >= 4;
        one.source = [first, last](int index) { return index < first ? index : index <= last ? first - 1 : index; };
        one.own_noise = noisy;
        const int code = test::luma_code(one.clip, 60);
        if (alive) {
          one.plant = CaseList::inside(one, [=](MutablePictureView& view, int index) {
            test::fill(view, view.width / 3 + 4 * (index - first), view.height / 2 & ~1, 32, 32, code);
          });
        }
        list.add(std::move(one));
      },
      6);
}

/// Bars of black around the picture.
void framed(CaseList& list) {
  struct Box {
    const char* kind;
    double x, y;  // share of the side that one bar takes
    int length;
    double nits;
  };
  constexpr std::array kBoxes{Box{"active.letterbox", 0, 0.018, 52, 0},    Box{"active.pillarbox", 0.125, 0, 60, 0.01},
                              Box{"active.windowbox", 0.04, 0.13, 70, 0},  Box{"active.letterbox", 0, 0.128, 60, 0.01},
                              Box{"active.letterbox", 0, 0.011, 60, 0},    Box{"active.pillarbox", 0.125, 0, 45, 0},
                              Box{"active.windowbox", 0.04, 0.13, 60, 0.2}};
  list.each(
      [&](Kind kind, int variant) {
        const Box& box = kBoxes[static_cast<size_t>(variant)];
        Case one = list.picture(box.kind,
                                frames(box.length) + ", bars of " + digits(100 * std::max(box.x, box.y)) + " % at " +
                                    digits(box.nits) + " cd/m2",
                                kind, variant % 2 == 0 ? Content::kDetail : Content::kHighlights, 110);
        one.planted = {{20, 20 + box.length - 1}};
        one.near_miss = variant >= 4;
        const int code = test::luma_code(one.clip, box.nits);
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          const int w = static_cast<int>(box.x * view.width) & ~1, h = static_cast<int>(box.y * view.height) & ~1;
          test::fill(view, 0, 0, view.width, h, code);
          test::fill(view, 0, view.height - h, view.width, h, code);
          test::fill(view, 0, 0, w, view.height, code);
          test::fill(view, view.width - w, 0, w, view.height, code);
        });
        list.add(std::move(one));
      },
      static_cast<int>(kBoxes.size()));
}

void bars(CaseList& list) {
  constexpr std::array<std::array<double, 3>, 8> kOrder{
      {{1, 1, 1}, {1, 1, 0}, {0, 1, 1}, {0, 1, 0}, {1, 0, 1}, {1, 0, 0}, {0, 0, 1}, {0, 0, 0}}};
  list.each(
      [&](Kind kind, int variant) {
        const std::array lengths{25, 30, 60, 100, 24, 60};
        const int length = lengths[static_cast<size_t>(variant)];
        const bool wrong = variant == 5;
        const double height = kind == Kind::kPq ? 0.58 : 0.75;
        Case one = list.picture("bars", frames(length) + (wrong ? " of bars in another order" : " of eight bars"), kind,
                                Content::kDetail, 140);
        one.planted = {{10, 10 + length - 1}};
        one.near_miss = variant >= 4;
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          for (int i = 0; i < 8; ++i) {
            auto tone = kOrder[static_cast<size_t>(wrong ? (i * 3) % 8 : i)];
            for (double& part : tone) part *= height;
            const int from = view.width / 8 * i;
            paint(view, {from, 0, i == 7 ? view.width - from : view.width / 8, view.height}, codes_of(tone, kind));
          }
        });
        list.add(std::move(one));
      },
      6);
}

void field(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const std::array lengths{100, 104, 110, 130, 98};
        const int length = lengths[static_cast<size_t>(variant)];
        Case one = list.picture("bars.field", frames(length) + " of one colour", kind, Content::kDetail, 150);
        one.planted = {{10, 10 + length - 1}};
        one.near_miss = variant >= 4;
        const int code = test::luma_code(one.clip, 8.0 * (variant + 1));
        one.plant = CaseList::inside(one, [code](MutablePictureView& view, int) { test::fill(view, code); });
        list.add(std::move(one));
      },
      5);
}

/// Lines of letters, or what looks like them from afar, on a plain ground.
void write_page(MutablePictureView& view, int lines, int ground, int letter) {
  test::fill(view, ground);
  const int step = view.height / (2 * lines + 2), size = step * 3 / 4 & ~1;
  for (int line = 0; line < lines; ++line) {
    const int y = (2 * line + 1) * step & ~1;
    for (int at = 0; at < 20 + 3 * (line % 3); ++at) {
      const int x = (view.width / 10 + at * size) & ~1;
      if (at % 7 == 5 || x + size > view.width) continue;  // between words
      test::fill(view, x, y, (size / 3) & ~1, size, letter);
      test::fill(view, x, y + (at % 3) * (size / 3), (size * 2 / 3) & ~1, (size / 5) & ~1, letter);
    }
  }
}

/// Before the programme begins; near misses: too short, and in the middle of the programme.
void slate(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const std::array lengths{100, 110, 118, 126, 98, 110};
        const int length = lengths[static_cast<size_t>(variant)], lines = list.tiny() ? 4 : 5 + variant % 4;
        const int first = variant == 5 ? 20 : 0;
        Case one = list.picture(
            "slate", frames(length) + ", " + std::to_string(lines) + " lines, from frame " + std::to_string(first),
            kind, Content::kDetail, 150);
        one.planted = {{first, first + length - 1}};
        one.near_miss = variant >= 4;
        const int ground = test::luma_code(one.clip, 1.5), letter = test::luma_code(one.clip, 70);
        one.plant =
            CaseList::inside(one, [=](MutablePictureView& view, int) { write_page(view, lines, ground, letter); });
        list.add(std::move(one));
      },
      6);
}

}  // namespace

void add_picture_faults(CaseList& list) {
  black(list);
  freeze(list);
  framed(list);
  bars(list);
  field(list);
  slate(list);
}

}  // namespace pier::analysis::bench
