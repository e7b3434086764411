#include <pier/core/bytes.hpp>

#include "content.hpp"
#include "html_style.hpp"
#include "markup.hpp"

namespace pier::reports {
namespace {

constexpr size_t kFoldedRows = 12;  // longer tables are folded until they are asked for

const char* tone_class(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "plain";
    case Tone::kPass:
      return "pass";
    case Tone::kWarn:
      return "warn";
    case Tone::kFail:
      return "fail";
    case Tone::kOpen:
      return "open";
  }
  return "plain";
}

/// Writes elements; every text goes through escape().
class Html {
 public:
  void raw(std::string_view markup) { x_text += markup; }
  void text(std::string_view words) { x_text += escape(words); }
  void element(std::string_view tag, std::string_view words, std::string_view classes = {}) {
    open(tag, classes);
    text(words);
    close(tag);
  }
  void open(std::string_view tag, std::string_view classes = {}) {
    raw("<");
    raw(tag);
    if (!classes.empty()) {
      raw(" class=\"");
      text(classes);
      raw("\"");
    }
    raw(">");
  }
  void close(std::string_view tag) {
    raw("</");
    raw(tag);
    raw(">\n");
  }
  std::string take() { return std::move(x_text); }

 private:
  std::string x_text;
};

class Page {
 public:
  explicit Page(const Content& content) : x_content(content) {}

  std::string write() {
    head();
    x_html.open("main");
    banner();
    for (const Group& group : x_content.groups) clauses(group);
    plots();
    if (!x_content.stills.empty()) {
      x_html.open("section");
      x_html.element("h2", x_content.stills_heading);
      stills(x_content.stills);
      x_html.close("section");
    }
    for (const Table& one : x_content.tables) table(one);
    notes();
    origin();
    x_html.close("main");
    x_html.element("script", "");
    std::string page = x_html.take();
    page.replace(page.rfind("<script></script>"), 17, std::string("<script>") + kScript + "</script>");
    return page + "</body></html>\n";
  }

 private:
  void head() {
    const std::string script_hash = to_base64(sha256(as_bytes(kScript)));
    x_html.raw("<!DOCTYPE html>\n<html lang=\"");
    x_html.raw(x_content.zh ? "zh-CN" : "en");
    x_html.raw(
        "\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'; script-src 'sha256-");
    x_html.raw(script_hash);
    x_html.raw(
        "'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
        "content=\"no-referrer\">\n");
    x_html.element("title", x_content.heading + " · " + x_content.verdict + " · " + x_content.kind);
    x_html.raw("<style>");
    x_html.raw(kStyle);
    x_html.raw("</style></head>\n<body>\n");
  }

  void pairs(const std::vector<Pair>& list, std::string_view classes) {
    x_html.open("dl", classes);
    for (const Pair& pair : list) {
      x_html.open("div");
      x_html.element("dt", pair.label);
      x_html.element("dd", pair.value);
      x_html.close("div");
    }
    x_html.close("dl");
  }

  void banner() {
    x_html.open("header");
    x_html.open("p", "brand");
    x_html.element("b", x_content.product);
    x_html.text(x_content.kind);
    x_html.close("p");
    x_html.element("h1", x_content.heading);
    x_html.open("div", std::string("verdict ") + tone_class(x_content.tone));
    x_html.element("p", x_content.verdict, "word");
    x_html.element("p", x_content.verdict_text, "counts");
    x_html.close("div");
    pairs(x_content.summary, "summary");
    x_html.close("header");
  }

  void stills(const std::vector<StillView>& list) {
    x_html.open("div", "stills");
    for (const StillView& view : list) {
      x_html.open("figure");
      x_html.raw("<img src=\"data:image/jpeg;base64," + to_base64(view.still->jpeg) + "\" width=\"" +
                 std::to_string(view.still->width) + "\" height=\"" + std::to_string(view.still->height) + "\" alt=\"");
      x_html.text(view.caption);
      x_html.raw("\">");
      x_html.element("figcaption", view.caption);
      x_html.close("figure");
    }
    x_html.close("div");
  }

  void clause(const ClauseView& view) {
    x_html.open("article", std::string("clause ") + tone_class(view.tone));
    x_html.open("p", "label");
    x_html.element("span", view.badge, "badge");
    x_html.element("code", view.rule);
    x_html.element("span", view.clause, "source");
    x_html.close("p");
    x_html.element("h3", view.message);
    x_html.element("p", view.evidence, "evidence");
    for (const std::string& remark : view.remarks) x_html.element("p", remark, "remark");
    if (!view.findings.empty()) {
      x_html.open("ul", "found");
      for (const FindingView& finding : view.findings) found(finding);
      if (!view.more.empty()) x_html.element("li", view.more, "more");
      x_html.close("ul");
    }
    if (!view.stills.empty()) stills(view.stills);
    x_html.close("article");
  }

  void found(const FindingView& finding) {
    x_html.open("li");
    x_html.element("b", finding.when, "time");
    x_html.element("span", finding.what);
    if (!finding.detail.empty()) x_html.element("span", finding.detail, "detail");
    x_html.element("code", finding.id);
    for (const std::string& dispute : finding.disputes) x_html.element("p", dispute, "dispute");
    x_html.close("li");
  }

  void clauses(const Group& group) {
    x_html.open("section");
    x_html.element("h2", group.heading);
    if (!group.intro.empty()) x_html.element("p", group.intro, "intro");
    for (const ClauseView& view : group.clauses) clause(view);
    x_html.close("section");
  }

  void plot(const Plot& plot, std::string_view classes) {
    x_html.open("figure", classes);
    x_html.open("figcaption");
    x_html.element("b", plot.title);
    x_html.element("span", plot.drawing ? plot.note : plot.missing);
    x_html.close("figcaption");
    if (plot.drawing) x_html.raw(to_svg(*plot.drawing));
    x_html.close("figure");
  }

  void plots() {
    x_html.open("section");
    x_html.element("h2", x_content.plots_heading);
    for (const Plot& one : x_content.plots) plot(one, "plot");
    plot(x_content.gamut, "plot gamut");
    x_html.close("section");
  }

  void table(const Table& table) {
    const bool folded = table.rows.size() > kFoldedRows;
    x_html.open("section");
    if (folded) x_html.raw("<details><summary>");
    x_html.element("h2", table.heading);
    if (folded) {
      x_html.element("span", std::to_string(table.rows.size()), "rows");
      x_html.raw("</summary>");
    }
    if (!table.note.empty()) x_html.element("p", table.note, "intro");
    x_html.open("div", "scroll");
    x_html.open("table");
    x_html.open("thead");
    x_html.open("tr");
    for (const std::string& column : table.columns) x_html.element("th", column);
    x_html.close("tr");
    x_html.close("thead");
    x_html.open("tbody");
    for (const Table::Row& row : table.rows) {
      x_html.open("tr", tone_class(row.tone));
      for (const std::string& cell : row.cells) x_html.element("td", cell);
      x_html.close("tr");
    }
    x_html.close("tbody");
    x_html.close("table");
    x_html.close("div");
    if (folded) x_html.raw("</details>");
    x_html.close("section");
  }

  void notes() {
    if (x_content.notes.empty()) return;
    x_html.open("section");
    x_html.element("h2", x_content.notes_heading);
    x_html.open("ul", "notes");
    for (const std::string& note : x_content.notes) x_html.element("li", note);
    x_html.close("ul");
    x_html.close("section");
  }

  void origin() {
    x_html.open("section", "origin");
    x_html.element("h2", x_content.origin_heading);
    pairs(x_content.origin, "digests");
    x_html.element("p", x_content.origin_note, "intro");
    x_html.element("p", x_content.footer, "footer");
    x_html.close("section");
  }

  const Content& x_content;
  Html x_html;
};

}  // namespace

std::string render_html(const Document& document, const RenderOptions& options) {
  const Content content = make_content(document, options);
  return Page(content).write();
}

}  // namespace pier::reports
