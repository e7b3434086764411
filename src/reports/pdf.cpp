#include <algorithm>
#include <numeric>

#include "content.hpp"
#include "look.hpp"
#include "markup.hpp"
#include "pdf_page.hpp"

namespace pier::reports {
namespace {

constexpr double kBody = 9.2, kSmall = 7.6, kCell = 7.4;
constexpr double kLeft = PdfPages::kMargin, kInner = PdfPages::kInner;
constexpr size_t kLongestText = 700;  // bytes of one cell or paragraph; the rest is in the JSON
constexpr size_t kMostColumns = 6;    // of a wide table, before it is set in parts
constexpr int kStillsInRow = 3;

const char* tone_colour(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return look::kMuted;
    case Tone::kPass:
      return look::kPass;
    case Tone::kWarn:
      return look::kWarn;
    case Tone::kFail:
      return look::kFail;
    case Tone::kOpen:
      return look::kOpen;
  }
  return look::kMuted;
}

/// Cut at a character, with an ellipsis.
std::string cut(std::string_view text) {
  std::string shown = clean(text);
  if (shown.size() <= kLongestText) return shown;
  size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U) --end;
  return shown.substr(0, end) + "…";
}

class Printer {
 public:
  Printer(const Content& content, PdfPages& pages) : x_content(content), x_pages(pages) {}

  void print() {
    banner();
    for (const Group& group : x_content.groups) clauses(group);
    plots();
    if (!x_content.stills.empty()) {
      heading(x_content.stills_heading, 120);
      stills(x_content.stills);
    }
    for (const Table& table : x_content.tables) parts(table);
    notes();
    origin();
  }

 private:
  void heading(const std::string& text, double with) {
    x_pages.need(34 + with);
    if (x_pages.y() > PdfPages::kMargin) x_pages.move(16);
    x_pages.paragraph(text, 13, look::kInk, 5);
  }

  void banner() {
    const double top = x_pages.y();
    x_pages.text_at(kLeft, top, kInner, x_content.product + "   " + x_content.kind, kBody, look::kMuted);
    x_pages.rule(kLeft, top + 17, kInner, look::kRule);
    x_pages.move(28);
    x_pages.paragraph(cut(x_content.heading), 16, look::kInk, 12);
    const double words = x_pages.text_height(x_content.verdict_text, kBody, kInner - 30);
    const double word = x_pages.text_height(x_content.verdict, 25, kInner - 30);
    const double height = word + words + 22;
    const double y = x_pages.y();
    x_pages.box(kLeft, y, kInner, height, look::kPaper);
    x_pages.box(kLeft, y, 4, height, tone_colour(x_content.tone));
    x_pages.text_at(kLeft + 17, y + 8, kInner - 30, x_content.verdict, 25, tone_colour(x_content.tone));
    x_pages.text_at(kLeft + 17, y + 11 + word, kInner - 30, x_content.verdict_text, kBody, look::kInk);
    x_pages.move(height + 10);
    pairs(x_content.summary, 92, kBody);
  }

  void pairs(const std::vector<Pair>& list, double label_width, double size) {
    for (const Pair& pair : list) {
      const std::string value = cut(pair.value), label = cut(pair.label);
      const double height = std::max(x_pages.text_height(value, size, kInner - label_width),
                                     x_pages.text_height(label, size, label_width - 10));
      x_pages.need(height + 7);
      const double y = x_pages.y() + 3;
      x_pages.text_at(kLeft, y, label_width - 10, label, size, look::kMuted);
      x_pages.text_at(kLeft + label_width, y, kInner - label_width, value, size, look::kInk);
      x_pages.rule(kLeft, y + height + 3, kInner, look::kHairline);
      x_pages.move(height + 7);
    }
  }

  // ---- clauses

  void clause(const ClauseView& view) {
    const double message = x_pages.text_height(view.message, 10.4, kInner);
    x_pages.need(message + 56 + (view.stills.empty() ? 0 : 40));
    x_pages.rule(kLeft, x_pages.y(), kInner, look::kRule);
    x_pages.move(7);
    const double y = x_pages.y();
    const double badge = x_pages.text_width(view.badge, kSmall);
    x_pages.box(kLeft, y, badge + 10, 13, tone_colour(view.tone));
    x_pages.text_at(kLeft + 5, y + 1.4, badge + 4, view.badge, kSmall, "#ffffff");
    x_pages.text_at(kLeft + badge + 18, y + 1.4, 180, view.rule, kSmall, look::kMuted);
    const double clause_left = kLeft + badge + 190;
    x_pages.move(std::max(17.0, x_pages.text_at(clause_left, y + 1.4, kLeft + kInner - clause_left, cut(view.clause),
                                                kSmall, look::kMuted, true) +
                                    4));
    x_pages.paragraph(cut(view.message), 10.4, look::kInk, 1);
    x_pages.paragraph(cut(view.evidence), kBody, look::kInk, 4);
    for (const std::string& remark : view.remarks) x_pages.paragraph(cut(remark), kSmall, look::kMuted, 3);
    for (const FindingView& finding : view.findings) found(finding, tone_colour(view.tone));
    if (!view.more.empty()) x_pages.paragraph(view.more, kSmall, look::kMuted, 3);
    if (!view.stills.empty()) stills(view.stills);
    x_pages.move(5);
  }

  void found(const FindingView& finding, const char* colour) {
    const std::string line = cut(finding.when + "   " + finding.what +
                                 (finding.detail.empty() ? "" : "   " + finding.detail) + "   " + finding.id);
    double height = x_pages.text_height(line, kSmall, kInner - 12);
    for (const std::string& dispute : finding.disputes)
      height += x_pages.text_height(cut(dispute), kSmall, kInner - 12);
    x_pages.need(height + 5);
    double y = x_pages.y() + 1.5;
    x_pages.box(kLeft, y, 1.5, height, colour);
    y += x_pages.text_at(kLeft + 10, y, kInner - 12, line, kSmall, look::kInk);
    for (const std::string& dispute : finding.disputes)
      y += x_pages.text_at(kLeft + 10, y, kInner - 12, cut(dispute), kSmall, look::kWarn);
    x_pages.move(height + 5);
  }

  void clauses(const Group& group) {
    heading(group.heading, 80);
    if (!group.intro.empty()) x_pages.paragraph(group.intro, kSmall, look::kMuted, 5);
    for (const ClauseView& view : group.clauses) clause(view);
  }

  void stills(const std::vector<StillView>& list) {
    constexpr double kGap = 10;
    const double width = (kInner - kGap * (kStillsInRow - 1)) / kStillsInRow;
    x_pages.move(4);
    for (size_t first = 0; first < list.size(); first += kStillsInRow) {
      const size_t end = std::min(list.size(), first + kStillsInRow);
      double tallest = 0;
      for (size_t i = first; i < end; ++i) tallest = std::max(tallest, height_of(*list[i].still, width));
      x_pages.need(tallest + 18);
      for (size_t i = first; i < end; ++i) {
        const Still& still = *list[i].still;
        const double x = kLeft + (width + kGap) * static_cast<double>(i - first);
        const double height = height_of(still, width);
        const double shown = std::min(width, height * still.width / std::max(1, still.height));
        x_pages.jpeg(still.jpeg, still.width, still.height, x, x_pages.y(), shown, height);
        x_pages.text_at(x, x_pages.y() + height + 2, width, list[i].caption, kSmall, look::kMuted);
      }
      x_pages.move(tallest + 18);
    }
  }
  static double height_of(const Still& still, double width) {
    return std::min(width * 1.2, width * still.height / std::max(1, still.width));
  }

  // ---- plots

  void plot(const Plot& plot, double width) {
    const double height = plot.drawing ? plot.drawing->height() * width / plot.drawing->width() : 0;
    x_pages.need(height + 22);
    const double y = x_pages.y();
    const double title = x_pages.text_width(plot.title, kBody);
    x_pages.text_at(kLeft, y, kInner, plot.title, kBody, look::kInk);
    const double note = x_pages.text_at(kLeft + title + 10, y + 1.6, kInner - title - 10,
                                        plot.drawing ? plot.note : plot.missing, kSmall, look::kMuted);
    x_pages.move(std::max(15.0, note + 4));
    if (plot.drawing) x_pages.drawing(*plot.drawing, kLeft, x_pages.y(), width);
    x_pages.move(height + 8);
  }

  void plots() {
    heading(x_content.plots_heading, 130);
    for (const Plot& one : x_content.plots) plot(one, kInner);
    plot(x_content.gamut, kInner * 0.62);
  }

  // ---- tables

  void parts(const Table& table) {
    if (table.columns.size() <= kMostColumns) return set_table(table, table.heading);
    for (size_t first = 1; first < table.columns.size(); first += kMostColumns - 1) {
      const size_t end = std::min(table.columns.size(), first + kMostColumns - 1);
      Table part{table.heading, table.note, {table.columns[0]}, {}};
      part.columns.insert(part.columns.end(), table.columns.begin() + static_cast<ptrdiff_t>(first),
                          table.columns.begin() + static_cast<ptrdiff_t>(end));
      for (const Table::Row& row : table.rows) {
        Table::Row piece{{row.cells[0]}, row.tone};
        piece.cells.insert(piece.cells.end(), row.cells.begin() + static_cast<ptrdiff_t>(first),
                           row.cells.begin() + static_cast<ptrdiff_t>(end));
        part.rows.push_back(std::move(piece));
      }
      set_table(part, first == 1 ? table.heading : "");
    }
  }

  std::vector<double> widths(const Table& table) const {
    const size_t count = table.columns.size();
    std::vector<double> natural(count), width(count, 0);
    for (size_t c = 0; c < count; ++c) {
      natural[c] = x_pages.text_width(cut(table.columns[c]), kCell);
      for (const Table::Row& row : table.rows)
        natural[c] = std::max(natural[c], std::min(260.0, x_pages.text_width(cut(row.cells[c]), kCell)));
      natural[c] += 9;
    }
    // Narrow columns get what they want; the others share what is left by their want.
    double left = kInner;
    std::vector<bool> settled(count, false);
    for (size_t round = 0; round < count; ++round) {
      double want = 0;
      size_t open = 0;
      for (size_t c = 0; c < count; ++c) {
        if (!settled[c]) want += natural[c], ++open;
      }
      if (open == 0) break;
      const double fair = left / static_cast<double>(open);
      bool changed = false;
      for (size_t c = 0; c < count; ++c) {
        if (settled[c] || natural[c] > fair) continue;
        width[c] = natural[c];
        left -= natural[c];
        settled[c] = changed = true;
      }
      if (changed) continue;
      for (size_t c = 0; c < count; ++c) {
        if (!settled[c]) width[c] = left * natural[c] / want;
      }
      break;
    }
    const double used = std::accumulate(width.begin(), width.end(), 0.0);
    if (used > 0 && used < kInner) {
      for (double& one : width) one *= kInner / used;
    }
    return width;
  }

  double row_height(const std::vector<std::string>& cells, const std::vector<double>& width) const {
    double height = 0;
    for (size_t c = 0; c < cells.size(); ++c)
      height = std::max(height, x_pages.text_height(cut(cells[c]), kCell, width[c] - 8));
    return height;
  }

  void row(const std::vector<std::string>& cells, const std::vector<double>& width, double height, const char* colour,
           const char* line) {
    double x = kLeft;
    for (size_t c = 0; c < cells.size(); ++c) {
      x_pages.text_at(x, x_pages.y() + 2.5, width[c] - 8, cut(cells[c]), kCell, colour);
      x += width[c];
    }
    x_pages.rule(kLeft, x_pages.y() + height + 4.5, kInner, line);
    x_pages.move(height + 5);
  }

  void set_table(const Table& table, const std::string& title) {
    if (!title.empty()) {
      heading(title, 46);
      if (!table.note.empty()) x_pages.paragraph(table.note, kSmall, look::kMuted, 3);
    } else {
      x_pages.move(8);
    }
    const std::vector<double> width = widths(table);
    const double head = row_height(table.columns, width);
    const auto header = [&] { row(table.columns, width, head, look::kMuted, look::kRule); };
    x_pages.need(head + 30);
    header();
    int page = x_pages.page();
    for (const Table::Row& one : table.rows) {
      const double height = row_height(one.cells, width);
      x_pages.need(height + 5);
      if (x_pages.page() != page) {
        page = x_pages.page();
        header();
      }
      row(one.cells, width, height, one.tone == Tone::kPlain ? look::kInk : tone_colour(one.tone), look::kHairline);
    }
  }

  void notes() {
    if (x_content.notes.empty()) return;
    heading(x_content.notes_heading, 30);
    for (const std::string& note : x_content.notes) x_pages.paragraph("·  " + cut(note), kBody, look::kInk, 2);
  }

  void origin() {
    heading(x_content.origin_heading, 60);
    pairs(x_content.origin, 128, kSmall);
    x_pages.move(6);
    x_pages.paragraph(x_content.origin_note, kSmall, look::kMuted, 0);
  }

  const Content& x_content;
  PdfPages& x_pages;
};

/// One run through the pages; `total` 0: not known yet.
Result<Bytes> run(const Content& content, const PdfInfo& info, int total, int& pages_used) {
  const auto footer = [&](PdfPages& pages, int page) {
    const double y = PdfPages::kHeight - PdfPages::kMargin + 4;
    pages.rule(kLeft, y - 7, kInner, look::kHairline);
    pages.text_at(kLeft, y, kInner - 60, content.footer, kSmall, look::kMuted);
    const std::string number = std::to_string(page) + (total > 0 ? " / " + std::to_string(total) : "");
    pages.text_at(kLeft + kInner - 60, y, 60, number, kSmall, look::kMuted, true);
  };
  PIER_TRY(PdfPages pages, PdfPages::open(info, footer));
  Printer(content, pages).print();
  pages_used = pages.page();
  return pages.finish();
}

}  // namespace

Result<Bytes> render_pdf(const Document& document, const RenderOptions& options) {
  const Content content = make_content(document, options);
  const PdfInfo info{content.heading + " · " + content.verdict, content.kind, "pier " + document.program,
                     document.made};
  int pages = 0;
  PIER_CHECK(run(content, info, 0, pages));
  return run(content, info, pages, pages);
}

}  // namespace pier::reports
