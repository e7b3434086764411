#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <pier/reports/comparison.hpp>

#include "html_style.hpp"
#include "markup.hpp"

namespace pier::reports {
namespace {

constexpr double kWide = 960, kHigh = 220, kLeft = 56, kRight = 8, kTop = 10, kBottom = 26;
constexpr size_t kMostPoints = 2000;  // of one line
constexpr const char* kTones[] = {"#2f6f9f", "#8a949d", "#5b8fb4", "#b4845b"};

/// One figure of all pictures.
struct Line {
  std::string name;
  std::vector<double> values;
};

std::string text_of(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

class Page {
 public:
  explicit Page(const json::object& comparison) : x_found(comparison) {
    const auto pictures = get_array(comparison, "pictures");
    for (size_t i = 0; pictures && i < pictures->size(); ++i) {
      const json::array& picture = (*pictures)[i].as_array();
      x_seconds.push_back(picture.at(2).to_number<double>());
      for (const json::value& value : picture.at(3).as_array()) {
        const size_t at = static_cast<size_t>(&value - picture.at(3).as_array().data());
        if (at >= x_lines.size()) x_lines.resize(at + 1);
        x_lines[at].values.push_back(value.to_number<double>());
      }
    }
    const auto series = get_array(comparison, "series");
    x_lines.resize(series ? series->size() : 0);
    for (size_t i = 0; i < x_lines.size(); ++i) x_lines[i].name = std::string((*series)[i].as_string());
  }

  std::string html() {
    x_html =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"><title>Comparison</title><style>" +
        std::string(kStyle) + ".pair{display:grid;grid-template-columns:1fr 1fr;gap:8px;margin:10px 0 22px}" +
        ".pair img{display:block;width:100%;height:auto;background:#000}</style></head><body><main>";
    head();
    table();
    for (size_t i = 0; i < x_lines.size();) i = plot(i);
    worst();
    x_html += "</main></body></html>\n";
    return std::move(x_html);
  }

 private:
  void head() {
    const auto path = [&](const char* side) {
      const auto described = get_object(x_found, side);
      return described ? escape(string_or(*described, "path", "")) : std::string();
    };
    x_html += "<p class=\"brand\"><b>Pier</b>Comparison</p><h1>" + path("test") + "</h1><dl class=\"summary\">";
    row("Reference", path("reference"));
    row("Measured at",
        escape(string_or(x_found, "measured_at", "")) +
            (bool_or(x_found, "other_raster", false) ? ", test scaled to the raster of the reference" : ""));
    row("Pictures", std::to_string(int_or(x_found, "compared", 0)));
    row("Test pictures", escape(string_or(x_found, "test_way", "")));
    const auto alignment = get_object(x_found, "alignment");
    if (alignment) row("Offset", text_of(double_or(*alignment, "offset_seconds", 0), 3) + " s");
    x_html += "</dl>";
    if (alignment && bool_or(*alignment, "doubtful", false))
      x_html += "<section class=\"verdict warn\"><p><b>The alignment is doubtful:</b> " +
                escape(string_or(*alignment, "doubt", "")) + "</p></section>";
    const auto notes = get_array(x_found, "notes");
    for (size_t i = 0; notes && i < notes->size(); ++i)
      x_html += "<p class=\"remark\">" + escape((*notes)[i].as_string()) + "</p>";
  }
  void row(const char* term, const std::string& html) {
    x_html += std::string("<div><dt>") + term + "</dt><dd>" + html + "</dd></div>";
  }

  void table() {
    x_html +=
        "<section><h2>Figures</h2><div class=\"scroll\"><table><tr><th></th><th>mean</th><th>harmonic mean</th>"
        "<th>5&nbsp;%</th><th>worst</th><th>overall</th></tr>";
    const auto figures = get_object(x_found, "figures");
    if (figures) {
      for (const auto& [name, value] : *figures) {
        const json::object& pooled = value.as_object();
        const int decimals = string_or(pooled, "unit", "") == "dB" ? 2 : 5;
        x_html += "<tr><td>" + escape(name) + "</td>";
        const bool higher = bool_or(pooled, "higher_is_better", true);
        for (const char* key : {"mean", "harmonic_mean", higher ? "p5" : "p95", higher ? "min" : "max", "overall"})
          x_html += "<td>" + (pooled.contains(key) ? text_of(double_or(pooled, key, 0), decimals) : "") + "</td>";
        x_html += "</tr>";
      }
    }
    x_html += "</table></div></section>";
  }

  /// The lines of one metric; gives the first of the next.
  size_t plot(size_t first) {
    const std::string metric = x_lines[first].name;
    size_t end = first + 1;
    while (end < x_lines.size() && x_lines[end].name.starts_with(metric + "_")) ++end;
    double low = x_lines[first].values.at(0), high = low;
    for (size_t i = first; i < end; ++i) {
      const auto [least, most] = std::ranges::minmax(x_lines[i].values);
      low = std::min(low, least);
      high = std::max(high, most);
    }
    if (high - low < 1e-6) high = low + 1e-6;
    x_html += "<section class=\"plot\"><figure><figcaption><b>" + escape(metric) + "</b>";
    for (size_t i = first; i < end; ++i)
      x_html += "<span style=\"color:" + tone(i - first) + "\">" + escape(x_lines[i].name) + "</span>";
    x_html += "</figcaption><svg viewBox=\"0 0 960 220\" role=\"img\">";
    axes(low, high);
    for (size_t i = end; i-- > first;) draw(x_lines[i], low, high, tone(i - first));
    x_html += "</svg></figure></section>";
    return end;
  }
  static std::string tone(size_t index) { return kTones[index % std::size(kTones)]; }

  double x_of(double seconds) const {
    const double last = std::max(1e-3, x_seconds.back());
    return kLeft + (kWide - kLeft - kRight) * seconds / last;
  }
  static double y_of(double value, double low, double high) {
    return kTop + (kHigh - kTop - kBottom) * (high - value) / (high - low);
  }

  void axes(double low, double high) {
    const int decimals = high - low > 5 ? 0 : high - low > 0.5 ? 2 : 4;
    for (int i = 0; i <= 4; ++i) {
      const double value = low + (high - low) * i / 4, y = y_of(value, low, high);
      x_html += "<line x1=\"56\" x2=\"952\" y1=\"" + text_of(y, 1) + "\" y2=\"" + text_of(y, 1) +
                "\" stroke=\"#e9edf0\"/><text x=\"50\" y=\"" + text_of(y + 4, 1) +
                "\" text-anchor=\"end\" font-size=\"11\" fill=\"#68737d\">" + text_of(value, decimals) + "</text>";
    }
    const auto shots = get_array(x_found, "shots");
    for (size_t i = 1; shots && i < shots->size(); ++i) {
      const std::string x = text_of(x_of(double_or((*shots)[i].as_object(), "start_seconds", 0)), 1);
      x_html +=
          "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"10\" y2=\"194\" stroke=\"#d5dce1\" stroke-dasharray=\"2 3\"/>";
    }
    for (int i = 0; i <= 4; ++i) {
      const double seconds = x_seconds.back() * i / 4;
      x_html += "<text x=\"" + text_of(x_of(seconds), 1) + "\" y=\"212\" text-anchor=\"" +
                (i == 4   ? "end"
                 : i == 0 ? "start"
                          : "middle") +
                "\" font-size=\"11\" fill=\"#68737d\">" + text_of(seconds, 2) + " s</text>";
    }
  }

  /// Of many pictures the worst of each stretch, so that no dip is lost.
  void draw(const Line& line, double low, double high, const std::string& colour) {
    const auto figures = get_object(x_found, "figures");
    const auto pooled = figures ? get_object(*figures, line.name) : get_object(x_found, line.name);
    const bool higher = !pooled || bool_or(*pooled, "higher_is_better", true);
    const size_t stretch = std::max<size_t>(1, (line.values.size() + kMostPoints - 1) / kMostPoints);
    x_html += "<polyline fill=\"none\" stroke-width=\"1.4\" stroke=\"" + colour + "\" points=\"";
    for (size_t from = 0; from < line.values.size(); from += stretch) {
      const auto begin = line.values.begin() + static_cast<ptrdiff_t>(from);
      const auto end = line.values.begin() + static_cast<ptrdiff_t>(std::min(line.values.size(), from + stretch));
      const auto at = higher ? std::min_element(begin, end) : std::max_element(begin, end);
      const double seconds = x_seconds[static_cast<size_t>(at - line.values.begin())];
      x_html += text_of(x_of(seconds), 1) + "," + text_of(y_of(*at, low, high), 1) + " ";
    }
    x_html += "\"/>";
  }

  void worst() {
    const auto list = get_array(x_found, "worst");
    if (!list || list->empty() || x_lines.empty()) return;
    x_html += "<section><h2>Worst pictures, by " + escape(x_lines.front().name) +
              "</h2><p class=\"intro\">Reference on the left, test on the right; HDR as its SDR rendering.</p>";
    for (const json::value& value : *list) {
      const json::object& one = value.as_object();
      const auto picture = static_cast<size_t>(int_or(one, "picture", 0));
      if (picture >= x_seconds.size()) continue;
      x_html += "<h3>" + text_of(x_seconds[picture], 3) + " s: " + text_of(x_lines.front().values[picture], 4) +
                "</h3><div class=\"pair\">";
      for (const char* key : {"reference_jpeg", "test_jpeg"})
        x_html += "<img alt=\"\" width=\"" + std::to_string(int_or(one, "width", 0)) + "\" height=\"" +
                  std::to_string(int_or(one, "height", 0)) + "\" src=\"data:image/jpeg;base64," +
                  escape(string_or(one, key, "")) + "\">";
      x_html += "</div>";
    }
    x_html += "</section>";
  }

  const json::object& x_found;
  std::vector<double> x_seconds;
  std::vector<Line> x_lines;
  std::string x_html;
};

}  // namespace

std::string render_comparison(const json::object& comparison) {
  return Page(comparison).html();
}

}  // namespace pier::reports
