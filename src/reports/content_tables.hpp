#pragma once
// The tables of a report: what was measured, what every carrier says, all findings, the rules that hold.

#include "content.hpp"

namespace pier::reports {

std::vector<Table> make_tables(const Document& document, const RenderOptions& options, bool zh);

/// "3840×2160, 50 Hz, 10 bit 4:2:0, HEVC, HLG, BT.2020"
std::string picture_text(const Document& document, bool zh);
std::string sound_text(const Document& document, bool zh);

/// Measures of a finding in one line.
std::string finding_detail(const analysis::Finding& finding, bool zh);

}  // namespace pier::reports
