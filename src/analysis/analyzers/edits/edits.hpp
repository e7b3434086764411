#pragma once
// Edit lists. See README.md beside.

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis {

class EditsAnalyzer final : public Analyzer {
 public:
  explicit EditsAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "edits"; }
  Needs needs() const override { return {.packets = true}; }
  Outcome finish() override;

 private:
  void take(int stream, const media::EditList& edits, Outcome& outcome, json::array& streams) const;
  AnalyzerContext x_context;
};

}  // namespace pier::analysis
