#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include <pier/core/metrics.hpp>

namespace pier {
namespace {

TEST(MetricsTest, RendersTheTextFormat) {
  Metrics metrics;
  metrics.counter("pier_jobs_total", "Jobs by\nend \\.", {{"end", "ok"}}).add(3);
  metrics.counter("pier_jobs_total", "other help", {{"end", "a\"b\\c\nd"}}).add();
  metrics.gauge("pier_queue", "Waiting.").set(2.5);
  auto& histogram = metrics.histogram("pier_seconds", "Time.", {1, 0.25, 1}, {{"kind", "probe"}});
  for (const double value : {0.25, 0.5, 1.0, 7.0}) histogram.observe(value);
  EXPECT_EQ(metrics.render(), R"(# HELP pier_jobs_total Jobs by\nend \\.
# TYPE pier_jobs_total counter
pier_jobs_total{end="a\"b\\c\nd"} 1
pier_jobs_total{end="ok"} 3
# HELP pier_queue Waiting.
# TYPE pier_queue gauge
pier_queue 2.5
# HELP pier_seconds Time.
# TYPE pier_seconds histogram
pier_seconds_bucket{kind="probe",le="0.25"} 1
pier_seconds_bucket{kind="probe",le="1"} 3
pier_seconds_bucket{kind="probe",le="+Inf"} 4
pier_seconds_sum{kind="probe"} 8.75
pier_seconds_count{kind="probe"} 4
)");
}

TEST(MetricsTest, SameNameAndLabelsGiveTheSameObject) {
  Metrics metrics;
  auto& a = metrics.counter("c", "", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(&a, &metrics.counter("c", "", {{"y", "2"}, {"x", "1"}}));
  EXPECT_NE(&a, &metrics.counter("c", "", {{"x", "1"}}));
  auto& gauge = metrics.gauge("g", "");
  gauge.set(5);
  gauge.add(-7);
  EXPECT_NE(metrics.render().find("\ng -2\n"), std::string::npos);
  gauge.set(std::numeric_limits<double>::infinity());
  EXPECT_NE(metrics.render().find("\ng +Inf\n"), std::string::npos);
}

TEST(MetricsTest, ANameWithTwoTypesKeepsTheFirst) {
  Metrics metrics;
  metrics.counter("c", "").add(4);
  testing::internal::CaptureStderr();
  metrics.gauge("c", "").set(9);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("metric_has_two_types"), std::string::npos);
  EXPECT_EQ(metrics.render(), "# HELP c \n# TYPE c counter\nc 4\n");
}

TEST(MetricsTest, CountsFromManyThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&metrics] {
        for (int i = 0; i < 2000; ++i) {
          metrics.counter("c", "").add();
          metrics.gauge("g", "").add(1);
          metrics.histogram("h", "", {1}).observe(i % 2);
          if (i % 500 == 0) {
            EXPECT_FALSE(metrics.render().empty());
          }
        }
      });
    }
  }
  EXPECT_EQ(metrics.counter("c", "").value(), 8000U);
  EXPECT_NE(metrics.render().find("\ng 8000\n"), std::string::npos);
  EXPECT_NE(metrics.render().find("\nh_count 8000\n"), std::string::npos);
}

}  // namespace
}  // namespace pier
