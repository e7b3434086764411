// TTML 2 (W3C Recommendation 2018-11-08) as IMSC 1.1 Text restricts it, and beyond where cue.hpp can hold it.

#include <algorithm>
#include <cstdio>
#include <set>

#include "characters.hpp"
#include "line_builder.hpp"
#include "ttml_parts.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr int kMaxDepth = 64;
constexpr int64_t kMaxNodes = 2'000'000;  // a node takes far more memory than the few bytes that write it

/// An active interval; `end` nothing: as long as the programme.
struct Active {
  Rational begin = 0;
  std::optional<Rational> end;
};

/// A piece of text of a paragraph with its own interval.
struct Piece {
  enum class Kind : uint8_t { kText, kBreak, kRubyBegin, kRubyText, kRubyEnd } kind = Kind::kText;
  Active active;
  std::string text;
  Style style;
  std::string language;
};

/// A language tag is short (RFC 5646: 35 characters are enough); anything else is none.
std::string tag_text(std::string_view text) {
  return text.size() <= 64 ? display_text(text) : std::string();
}

bool covers(const Active& active, const Rational& begin) {
  return active.begin <= begin && (!active.end || begin < *active.end);
}

class TtmlReader {
 public:
  TtmlReader(const std::string& text, Notes& notes) : x_text(text), x_notes(notes) {}

  Result<Parsed> read() {
    if (std::ranges::count(x_text, '<') > kMaxNodes)
      return fail(ErrorCode::kTooLarge,
                  "more than " + std::to_string(kMaxNodes) + " elements; cut the file into parts");
    const auto loaded = x_xml.load_buffer(x_text.data(), x_text.size(), pugi::parse_default | pugi::parse_ws_pcdata,
                                          pugi::encoding_utf8);
    if (!loaded)
      return fail(ErrorCode::kInputDamaged,
                  "line " + std::to_string(line_at(loaded.offset)) + ": not well-formed XML: " + loaded.description());
    const pugi::xml_node tt = x_xml.document_element();
    if (local_name(tt.name()) != "tt")
      return fail(ErrorCode::kInputUnsupported, "the root element is no <tt>: no TTML document");
    PIER_TRY(x_clock, TtmlClock::from(tt));
    read_root(tt);
    for (const pugi::xml_node part : tt.children()) {
      if (local_name(part.name()) == "head") read_head(part);
    }
    for (const pugi::xml_node part : tt.children()) {
      if (local_name(part.name()) == "body") PIER_CHECK(read_body(part));
    }
    if (x_parsed.cues.empty() && x_images)
      return fail(ErrorCode::kInputUnsupported, "the document shows images (IMSC Image profile); only text is read");
    if (x_images) x_notes.add(0, 0, "images left out");
    if (x_animated) x_notes.add(0, 0, "animation (set, animate) left out");
    return std::move(x_parsed);
  }

 private:
  struct Context {
    TtmlLook look;
    Active active;
    std::string language;
    const pugi::xml_node* region = nullptr;
    bool preserve = false;
    int depth = 0;
  };

  /// By the line ends in front of each part of the text: hostile documents are asked about at many places.
  int64_t line_at(ptrdiff_t offset) {
    constexpr ptrdiff_t kPart = 4096;
    const ptrdiff_t end = std::clamp<ptrdiff_t>(offset, 0, static_cast<ptrdiff_t>(x_text.size()));
    while (static_cast<ptrdiff_t>(x_lines_before.size()) <= end / kPart) {
      const auto from = x_text.begin() + (static_cast<ptrdiff_t>(x_lines_before.size()) - 1) * kPart;
      x_lines_before.push_back(x_lines_before.back() + std::count(from, from + kPart, '\n'));
    }
    const ptrdiff_t part = end / kPart;
    return x_lines_before[static_cast<size_t>(part)] +
           std::count(x_text.begin() + part * kPart, x_text.begin() + end, '\n') + 1;
  }
  int64_t line_of(const pugi::xml_node& node) { return line_at(node.offset_debug()); }

  void read_root(const pugi::xml_node& tt) {
    if (const char* language = attribute(tt, "lang")) x_parsed.document.language = tag_text(language);
    if (const char* cells = attribute(tt, "cellResolution")) {
      const std::string_view text = trimmed(cells);
      const size_t blank = std::min(text.find(' '), text.size());
      const int64_t columns = digits(text.substr(0, blank)), rows = digits(trimmed(text.substr(blank)));
      if (columns > 0 && rows > 0) {
        x_root.columns = static_cast<int>(columns);
        x_root.rows = static_cast<int>(rows);
      }
    }
    if (const char* extent = attribute(tt, "extent")) {
      double width = 0, height = 0;
      if (std::sscanf(extent, "%lfpx %lfpx", &width, &height) == 2 && width >= 1 && height >= 1) {
        x_root.width = width;
        x_root.height = height;
      }
    }
  }

  void read_head(const pugi::xml_node& head) {
    for (const pugi::xml_node part : head.children()) {
      const std::string_view name = local_name(part.name());
      for (const pugi::xml_node one : part.children()) {
        const std::string_view what = local_name(one.name());
        if (is_crowded(one)) {
          x_notes.add(0, line_of(one), "an element of too many attributes left out");
          continue;
        }
        const char* id = attribute(one, "id");
        if (name == "styling" && what == "style" && id != nullptr) x_styles.emplace(id, one);
        if (name == "layout" && what == "region" && id != nullptr) x_regions.emplace(id, one);
        if (name == "metadata" && what == "title") x_parsed.document.title = display_text(one.text().as_string());
      }
      if (name == "title") x_parsed.document.title = display_text(part.text().as_string());
    }
  }

  Result<void> read_body(const pugi::xml_node& body) {
    Context context;
    context.language = x_parsed.document.language;
    context.preserve = preserves(x_xml.document_element(), false);
    return container(body, context, {});
  }

  static bool preserves(const pugi::xml_node& node, bool otherwise) {
    const char* space = node.attribute("xml:space").as_string(nullptr);
    return space == nullptr ? otherwise : std::string_view(space) == "preserve";
  }

  std::optional<Rational> time(const pugi::xml_node& node, const char* name) {
    const char* text = node.attribute(name).as_string(nullptr);
    if (text == nullptr) return std::nullopt;
    const auto value = x_clock.parse(text);
    if (!value)
      x_notes.add(0, line_of(node),
                  std::string(name) + " \"" + display_text(std::string_view(text).substr(0, 40)) +
                      "\" is no time: as if it were not there");
    return value;
  }

  /// Section 12.4: relative to the parent, or in a sequence to the end of the sibling before.
  Active interval(const pugi::xml_node& node, const Active& parent, const std::optional<Rational>& after) {
    const auto begin = time(node, "begin"), end = time(node, "end"), duration = time(node, "dur");
    const Rational origin = after.value_or(parent.begin);
    Active own;
    own.begin = origin + begin.value_or(Rational(0));
    if (end) own.end = origin + *end;
    if (duration && (!own.end || own.begin + *duration < *own.end)) own.end = own.begin + *duration;
    if (parent.end && (!own.end || *parent.end < *own.end)) own.end = parent.end;
    return own;
  }

  Context enter(const pugi::xml_node& node, const Context& parent, const std::optional<Rational>& after) {
    Context own = parent;
    own.depth = parent.depth + 1;
    const char* region = node.attribute("region").as_string(nullptr);
    TtmlLook base = parent.look;
    if (region != nullptr && parent.region == nullptr) {
      const auto found = x_regions.find(std::string_view(region));
      if (found != x_regions.end()) {
        own.region = &found->second;
        base = merged(found->second, parent.look);
      }
    }
    own.look = inherited(base);
    apply_styles(node, x_styles, own.look);
    own.active = interval(node, parent.active, after);
    if (const char* language = node.attribute("xml:lang").as_string(nullptr)) own.language = tag_text(language);
    own.preserve = preserves(node, parent.preserve);
    return own;
  }

  /// Content inherits from its region what nothing nearer says.
  TtmlLook merged(const pugi::xml_node& region, const TtmlLook& content) const {
    TtmlLook look;
    apply_styles(region, x_styles, look);
    look.style.background.reset();
    const Style& said = content.style;
    if (said.colour) look.style.colour = said.colour;
    look.style.italic = look.style.italic || said.italic;
    look.style.bold = look.style.bold || said.bold;
    look.style.underline = look.style.underline || said.underline;
    if (content.align_said) {
      look.align = content.align;
      look.align_said = true;
    }
    look.visible = look.visible && content.visible;
    look.forced = look.forced || content.forced;
    return look;
  }

  Result<void> container(const pugi::xml_node& node, const Context& parent, const std::optional<Rational>& after) {
    if (parent.depth > kMaxDepth)
      return fail(ErrorCode::kInputDamaged, "line " + std::to_string(line_of(node)) + ": elements nested deeper than " +
                                                std::to_string(kMaxDepth));
    const Context own = enter(node, parent, after);
    if (!own.look.display) return {};
    const bool sequence = std::string_view(node.attribute("timeContainer").value()) == "seq";
    std::optional<Rational> previous = sequence ? std::optional(own.active.begin) : std::nullopt;
    for (const pugi::xml_node inner : node.children()) {
      const std::string_view name = local_name(inner.name());
      if (name == "div") {
        PIER_CHECK(container(inner, own, previous));
      } else if (name == "p") {
        PIER_CHECK(paragraph(inner, own, previous));
      } else {
        look_at_other(inner);
        continue;
      }
      if (sequence) previous = interval(inner, own.active, previous).end.value_or(*previous);
    }
    if (attribute(node, "backgroundImage") != nullptr) x_images = true;
    return {};
  }

  void look_at_other(const pugi::xml_node& node) {
    const std::string_view name = local_name(node.name());
    if (name == "image") x_images = true;
    if (name == "set" || name == "animate") x_animated = true;
  }

  Result<void> paragraph(const pugi::xml_node& node, const Context& parent, const std::optional<Rational>& after) {
    const Context own = enter(node, parent, after);
    ++x_number;
    const int64_t line = line_of(node);
    if (!own.look.display || !own.look.visible) return {};
    std::vector<Piece> pieces;
    const bool sequence = std::string_view(node.attribute("timeContainer").value()) == "seq";
    PIER_CHECK(gather(node, own, sequence, pieces));
    std::set<Rational> times{own.active.begin};
    for (const Piece& piece : pieces) {
      if (piece.active.begin > own.active.begin) times.insert(piece.active.begin);
      if (piece.active.end) times.insert(*piece.active.end);
    }
    if (own.active.end) times.insert(*own.active.end);
    if (times.size() * pieces.size() > 1'000'000)
      return fail(ErrorCode::kTooLarge, "line " + std::to_string(line) + ": a paragraph of too many timed parts");
    Found base;
    base.number = x_number;
    base.line = line;
    base.cue = place(node, own);
    return split(base, own.active, pieces, times);
  }

  Cue place(const pugi::xml_node& node, const Context& own) const {
    Cue cue;
    if (const char* id = node.attribute("xml:id").as_string(nullptr)) cue.id = display_text(id);
    if (own.language != x_parsed.document.language) cue.language = own.language;
    cue.forced = own.look.forced;
    cue.align = own.look.align;
    const pugi::xml_node* region = own.region;
    if (region == nullptr && x_regions.size() == 1) region = &x_regions.begin()->second;
    TtmlLook look;
    if (region != nullptr) apply_styles(*region, x_styles, look);
    if (region != nullptr && !own.look.align_said && look.align_said) cue.align = look.align;
    if (!own.look.origin.empty() || !own.look.extent.empty()) {
      look.origin = own.look.origin;
      look.extent = own.look.extent;
    }
    cue.writing = writing_of(look);
    const bool placed = region != nullptr || !look.origin.empty() || !look.extent.empty();
    if (!placed) {
      cue.align = own.look.align_said ? own.look.align : Align::kCentre;
      return cue;
    }
    const Area area = area_of(look, x_root);
    if (area != kBottomArea) cue.area = area;
    return cue;
  }

  /// One cue for each interval in which the same pieces are shown.
  Result<void> split(const Found& base, const Active& whole, const std::vector<Piece>& pieces,
                     const std::set<Rational>& times) {
    for (auto at = times.begin(); at != times.end(); ++at) {
      const auto next = std::next(at);
      if (!covers(whole, *at)) continue;
      Found found = base;
      found.cue.start = *at;
      found.open_end = next == times.end();
      found.cue.end = found.open_end ? *at : *next;
      found.cue.lines = lines(pieces, *at);
      const bool timed = std::ranges::any_of(pieces, [&](const Piece& piece) { return !covers(piece.active, *at); });
      if (found.cue.lines.empty() && timed) continue;
      PIER_CHECK(check_count(x_parsed.cues.size()));
      if (at != times.begin()) found.cue.id.clear();  // an id is used once
      x_parsed.cues.push_back(std::move(found));
    }
    if (whole.end && *whole.end <= whole.begin) {
      // Reversed or of no length: mended with the others.
      Found found = base;
      found.cue.start = whole.begin;
      found.cue.end = *whole.end;
      found.cue.lines = lines(pieces, std::nullopt);
      x_parsed.cues.push_back(std::move(found));
    }
    return {};
  }

  static std::vector<Line> lines(const std::vector<Piece>& pieces, const std::optional<Rational>& at) {
    LineBuilder builder;
    std::string annotation;
    for (const Piece& piece : pieces) {
      if (at && !covers(piece.active, *at)) continue;
      switch (piece.kind) {
        case Piece::Kind::kText:
          builder.text(piece.text, piece.style, piece.language);
          break;
        case Piece::Kind::kBreak:
          builder.new_line();
          break;
        case Piece::Kind::kRubyBegin:
          builder.begin_ruby();
          annotation.clear();
          break;
        case Piece::Kind::kRubyText:
          annotation += piece.text;
          break;
        case Piece::Kind::kRubyEnd:
          builder.end_ruby(std::string(trimmed(annotation)));
          break;
      }
    }
    return builder.take();
  }

  Result<void> gather(const pugi::xml_node& node, const Context& own, bool sequence, std::vector<Piece>& pieces) {
    if (own.depth > kMaxDepth)
      return fail(ErrorCode::kInputDamaged, "line " + std::to_string(line_of(node)) + ": elements nested deeper than " +
                                                std::to_string(kMaxDepth));
    std::optional<Rational> previous = sequence ? std::optional(own.active.begin) : std::nullopt;
    for (const pugi::xml_node inner : node.children()) {
      if (inner.type() == pugi::node_pcdata || inner.type() == pugi::node_cdata) {
        put_text(inner.value(), own, pieces);
        continue;
      }
      const std::string_view name = local_name(inner.name());
      if (name == "br") {
        pieces.push_back({Piece::Kind::kBreak, own.active, {}, {}, {}});
      } else if (name == "span") {
        const Context inside = enter(inner, own, previous);
        if (sequence) previous = inside.active.end.value_or(*previous);
        if (inside.look.display && inside.look.visible) PIER_CHECK(span(inner, inside, pieces));
      } else {
        look_at_other(inner);
      }
    }
    return {};
  }

  Result<void> span(const pugi::xml_node& node, const Context& own, std::vector<Piece>& pieces) {
    const std::string& ruby = own.look.ruby;
    if (ruby == "delimiter") return {};
    if (ruby == "container") pieces.push_back({Piece::Kind::kRubyBegin, own.active, {}, {}, {}});
    const size_t from = pieces.size();
    const bool sequence = std::string_view(node.attribute("timeContainer").value()) == "seq";
    PIER_CHECK(gather(node, own, sequence, pieces));
    if (ruby == "text") {
      for (size_t i = from; i < pieces.size(); ++i) {
        if (pieces[i].kind == Piece::Kind::kText) pieces[i].kind = Piece::Kind::kRubyText;
      }
    }
    if (ruby == "container") pieces.push_back({Piece::Kind::kRubyEnd, own.active, {}, {}, {}});
    return {};
  }

  /// Blanks are one blank (xml:space="default"), none behind another one or behind a break.
  void put_text(const char* text, const Context& own, std::vector<Piece>& pieces) {
    const std::string clean = display_text(text);  // &#xD800; is no character
    Piece piece{Piece::Kind::kText, own.active, {}, own.look.style, {}};
    if (own.language != x_parsed.document.language) piece.language = own.language;
    if (own.preserve) {
      piece.text = clean;
      std::ranges::replace(piece.text, '\n', ' ');
    } else {
      bool blank = pieces.empty() || pieces.back().kind == Piece::Kind::kBreak ||
                   (pieces.back().kind == Piece::Kind::kText && pieces.back().text.ends_with(' '));
      for (const char c : clean) {
        if (!is_blank(c)) piece.text += c;
        if (is_blank(c) && !blank) piece.text += ' ';
        blank = is_blank(c);
      }
    }
    if (own.look.ruby == "container" || own.look.ruby == "baseContainer" || own.look.ruby == "textContainer") {
      if (trimmed(piece.text).empty()) return;
    }
    if (!piece.text.empty()) pieces.push_back(std::move(piece));
  }

  const std::string& x_text;
  Notes& x_notes;
  pugi::xml_document x_xml;
  Parsed x_parsed;
  TtmlClock x_clock;
  TtmlRoot x_root;
  TtmlStyles x_styles;
  TtmlStyles x_regions;
  bool x_images = false, x_animated = false;
  int64_t x_number = 0;
  std::vector<int64_t> x_lines_before{0};
};

}  // namespace

Result<Parsed> parse_ttml(const std::string& text, Notes& notes) {
  return TtmlReader(text, notes).read();
}

}  // namespace pier::subtitles::impl
