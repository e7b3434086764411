#include "case_list.hpp"

namespace pier::analysis::bench {

using test::Kind;

namespace {

/// A locked camera, with the noise of its sensor.
Look locked() {
  Look look;
  look.step = 0;
  look.grain = 6;
  return look;
}

/// A rectangle of one colour over one to three frames; near misses: four frames, too small.
void blocks(CaseList& list) {
  struct Block {
    int side, frames;
    bool near_miss;
  };
  constexpr std::array kBlocks{Block{32, 1, false}, Block{64, 2, false}, Block{64, 3, false}, Block{64, 5, true},
                               Block{8, 1, true}};
  list.each(
      [&](Kind kind, int variant) {
        const Block& block = kBlocks[static_cast<size_t>(variant)];
        Case one = list.picture(
            "dropout.block",
            std::to_string(block.side) + "x" + std::to_string(block.side) + " green for " + frames(block.frames), kind,
            Content::kDetail, 60);
        one.look = locked();
        one.planted = {{20, 20 + block.frames - 1}};
        one.near_miss = block.near_miss;
        const int side = block.side * (one.clip.width > 1920 ? 2 : 1);
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          paint(view, {view.width / 16 * 8, view.height / 16 * 8, side, side}, codes_of({0, 0.75, 0}, kind));
        });
        list.add(std::move(one));
      },
      static_cast<int>(kBlocks.size()));
}

/// Rows without their picture; near misses: for five frames, and half of a row.
void lines(CaseList& list) {
  struct Rows {
    int count, frames;
    double part;
    bool near_miss;
  };
  constexpr std::array kRows{Rows{1, 1, 1, false}, Rows{2, 2, 1, false}, Rows{4, 3, 1, false}, Rows{2, 5, 1, true},
                             Rows{2, 1, 0.5, true}};
  list.each(
      [&](Kind kind, int variant) {
        const Rows& rows = kRows[static_cast<size_t>(variant)];
        Case one = list.picture("dropout.line",
                                std::to_string(rows.count) + " rows over " + digits(100 * rows.part) +
                                    " % of the width for " + frames(rows.frames),
                                kind, Content::kDetail, 60);
        one.look = locked();
        one.planted = {{20, 20 + rows.frames - 1}};
        one.near_miss = rows.near_miss;
        const int code = test::luma_code(one.clip, 0);
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          const int width = static_cast<int>(rows.part * view.width);
          test::fill(view, 0, view.height / 16 * 8, width, rows.count, code);
        });
        list.add(std::move(one));
      },
      static_cast<int>(kRows.size()));
}

/// A sample that is bright in every scene; near misses: hardly brighter than its surroundings, too short.
void pixels(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const bool faint = variant == 2, brief = variant == 3;
        const int size = variant == 1 ? 3 : 1;
        Case one = list.picture("dropout.pixel",
                                std::to_string(size) + "x" + std::to_string(size) + (faint ? ", faint" : "") +
                                    (brief ? ", for 60 frames" : ""),
                                kind, Content::kCuts, 300);
        one.look.peak = kind == Kind::kSdr ? 60 : 300;
        one.planted = {{0, brief ? 59 : 299}};
        one.near_miss = faint || brief;
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          const int x = view.width / 3, y = view.height / 3;
          const int code = faint ? view.planes[0].row<uint16_t>(y)[x - 1] + 30 : 1000;
          for (int dy = 0; dy < size; ++dy)
            for (int dx = 0; dx < size; ++dx) test::set_sample(view, 0, x + dx, y + dy, code);
        });
        list.add(std::move(one));
      },
      4);
}

/// A line of letters at the foot of the picture; near misses: too short, and too high up.
void captions(CaseList& list) {
  list.each(
      [&](Kind kind, int variant) {
        const std::array lengths{52, 75, 110, 45, 75};
        const int length = lengths[static_cast<size_t>(variant)];
        const double place = variant == 4 ? 0.4 : 0.82;  // of the height
        Case one = list.picture("burnt_in", frames(length) + " at " + digits(100 * place) + " % of the height", kind,
                                Content::kDark, 160);
        one.planted = {{20, 20 + length - 1}};
        one.near_miss = variant >= 3;
        const int code = test::luma_code(one.clip, 60);
        one.plant = CaseList::inside(one, [=](MutablePictureView& view, int) {
          const int stroke = view.width / 240 & ~1, size = 6 * stroke;
          const int y = static_cast<int>(place * view.height) & ~1;
          for (int letter = 0; letter < 24; ++letter) {
            if (letter % 7 == 6) continue;  // between words
            const int x = view.width / 5 + letter * 6 * stroke;
            test::fill(view, x, y, stroke, size, code);
            test::fill(view, x, y + (letter % 3) * 2 * stroke, 4 * stroke, stroke, code);
          }
        });
        list.add(std::move(one));
      },
      5);
}

}  // namespace

void add_defect_faults(CaseList& list) {
  blocks(list);
  lines(list);
  pixels(list);
  captions(list);
}

}  // namespace pier::analysis::bench
