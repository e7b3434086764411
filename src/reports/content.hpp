#pragma once
// What a report says, in one language and in order, before it becomes a page of HTML or of PDF. Texts are not escaped.

#include <string>
#include <vector>

#include <pier/reports/document.hpp>
#include <pier/reports/render.hpp>

#include "plots.hpp"

namespace pier::reports {

enum class Tone { kPlain, kPass, kWarn, kFail, kOpen };

struct Pair {
  std::string label, value;
};

struct StillView {
  const Still* still = nullptr;  // of the document
  std::string caption;
};

struct FindingView {
  std::string id, what, when, detail;
  std::vector<std::string> disputes;
};

struct ClauseView {
  Tone tone = Tone::kPlain;
  std::string badge;  // "fails", "not judged"
  std::string rule, clause, message, evidence, source;
  std::vector<FindingView> findings;
  std::vector<std::string> remarks;  // waivers, attestation, codes of others
  std::string more;                  // how many findings are not shown
  std::vector<StillView> stills;
};

struct Group {
  std::string heading, intro;
  std::vector<ClauseView> clauses;
};

struct Table {
  struct Row {
    std::vector<std::string> cells;
    Tone tone = Tone::kPlain;
  };
  std::string heading, note;
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

struct Content {
  bool zh = false;
  std::string product, kind;  // "Pier", "Conformity report"
  std::string heading;        // the master's name
  Tone tone = Tone::kOpen;
  std::string verdict, verdict_text;
  std::vector<Pair> summary;
  std::vector<Group> groups;  // failed, warned, not judged, unverified; only those that are not empty
  std::string plots_heading;
  std::vector<Plot> plots;
  Plot gamut;
  std::string stills_heading;
  std::vector<StillView> stills;  // of shots
  std::vector<Table> tables;      // measured, facts, carriers, sound, findings, rules that hold, not applicable
  std::string notes_heading;
  std::vector<std::string> notes;
  std::string origin_heading, origin_note;
  std::vector<Pair> origin;  // digests, versions, signer
  std::string footer;
};

/// The document must outlive the content.
Content make_content(const Document& document, const RenderOptions& options);

}  // namespace pier::reports
