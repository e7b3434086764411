#pragma once
// Counters, gauges and histograms in the Prometheus text format (version 0.0.4). Thread-safe; handles live as long
// as the registry.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pier {

class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;
  class Counter {
   public:
    virtual ~Counter() = default;
    virtual void add(uint64_t count = 1) = 0;
    virtual uint64_t value() const = 0;
  };
  class Gauge {
   public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
    virtual void add(double value) = 0;
  };
  class Histogram {
   public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
  };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same name and labels give the same object; `help` and `bounds` of the first call stand.
  /// A name asked for with two types is a mistake of the program: the second works, but is logged and not rendered.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       const Labels& labels = {});

  std::string render() const;

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier
