#include "faults.hpp"

#include "case_list.hpp"

namespace pier::analysis::bench {

void paint(MutablePictureView& view, const Region& area, const std::array<int, 3>& codes) {
  test::fill(view, area.x, area.y, area.width, area.height, codes[0]);
  for (int row = area.y / 2; row < (area.y + area.height) / 2; ++row) {
    for (int column = area.x / 2; column < (area.x + area.width) / 2; ++column) {
      test::set_sample(view, 1, column, row, codes[1]);
      test::set_sample(view, 2, column, row, codes[2]);
    }
  }
}

std::array<int, 3> codes_of(const std::array<double, 3>& tone, test::Kind kind) {
  const double kr = kind == test::Kind::kSdr ? 0.2126 : 0.2627, kb = kind == test::Kind::kSdr ? 0.0722 : 0.0593;
  const double y = kr * tone[0] + (1 - kr - kb) * tone[1] + kb * tone[2];
  const auto chroma = [](double value) { return static_cast<int>(std::lround(512 + 896 * value)); };
  return {static_cast<int>(std::lround(64 + 876 * y)), chroma((tone[2] - y) / (2 - 2 * kb)),
          chroma((tone[0] - y) / (2 - 2 * kr))};
}

void add_controls(CaseList& list) {
  for (const test::Kind kind : kKinds) {
    for (const Content content : kAllContents) {
      if (list.full() || static_cast<int>(content) % 3 == static_cast<int>(kind))
        list.add(list.picture("control", name(content), kind, content, 150));
    }
  }
  if (list.full()) {
    list.in_uhd([&] {
      for (const Content content : {Content::kDetail, Content::kGrain, Content::kHighlights})
        list.add(list.picture("control", name(content), test::Kind::kPq, content, 50));
    });
  }
  for (const int channels : {1, 2, 6})
    list.add(CaseList::heard("control", std::to_string(channels) + " channels of sound", channels, 12));
}

std::vector<Case> all_cases(Extent extent) {
  CaseList list(extent);
  add_controls(list);
  add_signal_faults(list);
  add_picture_faults(list);
  add_defect_faults(list);
  add_motion_faults(list);
  add_flash_faults(list);
  add_quality_faults(list);
  add_use_faults(list);
  add_sound_faults(list);
  add_stream_faults(list);
  return std::move(list).take();
}

}  // namespace pier::analysis::bench
