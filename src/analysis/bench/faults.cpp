#include <algorithm>

#include <pier/analysis/analyzer.hpp>

#include "case_list.hpp"

namespace pier::analysis::bench {

void add_controls(CaseList& list) {
  for (const test::Kind kind : {test::Kind::kSdr, test::Kind::kHlg, test::Kind::kPq}) {
    for (const Content content : kAllContents) {
      if (list.quick() && static_cast<int>(content) % 3 != static_cast<int>(kind)) continue;
      list.add(list.picture("control", name(content), kind, content, 150));
    }
  }
  if (!list.quick()) {
    list.in_uhd([&] {
      for (const Content content : {Content::kDetail, Content::kGrain, Content::kHighlights})
        list.add(list.picture("control", name(content), test::Kind::kPq, content, 50));
    });
  }
  for (const int channels : {1, 2, 6})
    list.add(CaseList::heard("control", std::to_string(channels) + " channels of sound", channels, 12));
}

std::vector<Case> all_cases(bool quick) {
  CaseList list(quick);
  add_controls(list);
  add_signal_faults(list);
  add_picture_faults(list);
  add_content_faults(list);
  add_sound_faults(list);
  std::vector<Case> cases = std::move(list).take();
  std::erase_if(cases, [](const Case& one) {
    const auto& all = analyzer_registry();
    return !one.analyzer.empty() &&
           std::ranges::find(all, std::string_view(one.analyzer), &AnalyzerEntry::name) == all.end();
  });
  return cases;
}

}  // namespace pier::analysis::bench
