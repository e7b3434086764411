#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>

#include <pier/core/log.hpp>
#include <pier/core/metrics.hpp>

namespace pier {
namespace {

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string label_text(const Metrics::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out.append(name).append("=\"").append(escaped(value, true)).append("\"");
  }
  return out;
}

std::string sample(std::string_view name, std::string_view labels, std::string_view value) {
  std::string line(name);
  if (!labels.empty()) line.append("{").append(labels).append("}");
  return line.append(" ").append(value).append("\n");
}

struct Series {
  virtual ~Series() = default;
  virtual std::string render(const std::string& name, const std::string& labels) const = 0;
};

struct CounterSeries final : Series, Metrics::Counter {
  std::atomic<uint64_t> total{0};
  void add(uint64_t count) override { total.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const override { return total.load(std::memory_order_relaxed); }
  std::string render(const std::string& name, const std::string& labels) const override {
    return sample(name, labels, std::to_string(value()));
  }
};

struct GaugeSeries final : Series, Metrics::Gauge {
  std::atomic<double> current{0};
  void set(double value) override { current.store(value, std::memory_order_relaxed); }
  void add(double value) override { current.fetch_add(value, std::memory_order_relaxed); }
  std::string render(const std::string& name, const std::string& labels) const override {
    return sample(name, labels, number_text(current.load(std::memory_order_relaxed)));
  }
};

struct HistogramSeries final : Series, Metrics::Histogram {
  explicit HistogramSeries(std::vector<double> limits) : bounds(std::move(limits)), counts(bounds.size() + 1) {}
  const std::vector<double> bounds;  // growing, finite; the last bucket is +Inf
  mutable std::mutex mutex;
  std::vector<uint64_t> counts;  // of each bucket alone
  double sum = 0;

  void observe(double value) override {
    const auto bucket = static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
    std::lock_guard lock(mutex);
    ++counts[std::isnan(value) ? bounds.size() : bucket];
    sum += value;
  }
  std::string render(const std::string& name, const std::string& labels) const override {
    const std::string before = labels.empty() ? "" : labels + ",";
    std::lock_guard lock(mutex);
    std::string out;
    uint64_t total = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      total += counts[i];
      std::string bucket = before;
      bucket.append("le=\"").append(i < bounds.size() ? number_text(bounds[i]) : "+Inf").append("\"");
      out += sample(name + "_bucket", bucket, std::to_string(total));
    }
    out += sample(name + "_sum", labels, number_text(sum));
    return out + sample(name + "_count", labels, std::to_string(total));
  }
};

struct Family {
  std::string help;
  std::string_view type;
  std::map<std::string, std::unique_ptr<Series>> series;  // by label text
};

}  // namespace

struct Metrics::State {
  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;
  std::vector<std::unique_ptr<Series>> misnamed;  // work, but are not shown

  template <typename T, typename... Args>
  T& find(std::string_view name, std::string_view help, std::string_view type, Labels labels, Args&&... args) {
    std::sort(labels.begin(), labels.end());
    std::lock_guard lock(mutex);
    Family& family = families.try_emplace(std::string(name), Family{std::string(help), type, {}}).first->second;
    if (family.type != type) {
      log::error("metric_has_two_types", {{"name", std::string(name)}, {"first", std::string(family.type)}});
      auto& stray = misnamed.emplace_back(std::make_unique<T>(std::forward<Args>(args)...));
      return static_cast<T&>(*stray);
    }
    auto& series = family.series[label_text(labels)];
    if (!series) series = std::make_unique<T>(std::forward<Args>(args)...);
    return static_cast<T&>(*series);
  }
};

Metrics::Metrics() : x_state(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return x_state->find<CounterSeries>(name, help, "counter", labels);
}

Metrics::Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return x_state->find<GaugeSeries>(name, help, "gauge", labels);
}

Metrics::Histogram& Metrics::histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                                       const Labels& labels) {
  std::erase_if(bounds, [](double bound) { return !std::isfinite(bound); });
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return x_state->find<HistogramSeries>(name, help, "histogram", labels, std::move(bounds));
}

std::string Metrics::render() const {
  std::lock_guard lock(x_state->mutex);
  std::string out;
  for (const auto& [name, family] : x_state->families) {
    out += "# HELP " + name + " " + escaped(family.help, false) + "\n";
    out += "# TYPE " + name + " " + std::string(family.type) + "\n";
    for (const auto& [labels, series] : family.series) out += series->render(name, labels);
  }
  return out;
}

}  // namespace pier
