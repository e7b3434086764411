#pragma once
// Bit rate of every stream over time. See README.md beside.

#include <deque>
#include <map>

#include <pier/analysis/analyzer.hpp>

#include "stream_clock.hpp"

namespace pier::analysis {

class BitrateAnalyzer final : public Analyzer {
 public:
  static constexpr size_t kTimelinePoints = 1024;
  static constexpr int64_t kFinestUs = 100'000;
  static constexpr int64_t kPeakWindowUs = 1'000'000;
  static constexpr size_t kMaxWindow = 4096;  // access units of a window that are told apart

  explicit BitrateAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "bitrate"; }
  Needs needs() const override { return {.packets = true}; }
  void read(const media::Packet& packet) override;
  Outcome finish() override;

  /// What read() does with a packet of so many bits.
  void count(const media::Packet& packet, int64_t bits);

 private:
  struct Unit {
    int64_t at_us = 0, bits = 0;
  };
  struct Stream {
    Stream(Rational time_base, Rational nominal) : clock(time_base, nominal) {}
    impl::DecodingClock clock;
    int64_t units = 0, bits = 0, largest_bits = 0;
    std::deque<Unit> window;  // of the last second
    int64_t window_bits = 0, peak_bits = 0, peak_at_us = 0;
    int64_t step_us = kFinestUs;
    std::vector<int64_t> timeline;  // bits
    void add(const media::Packet& packet, int64_t unit_bits);
    void slide(Unit unit);
    void plot(Unit unit);
    json::object measures(int index) const;
  };
  std::map<int, Stream> x_streams;
  int x_video = -1;
};

}  // namespace pier::analysis
