#pragma once
// A report for people: one HTML file that opens offline, and the same as a PDF on A4. Pure functions of their
// arguments: the same document gives the same bytes. Everything a master says is escaped.

#include <string>
#include <vector>

#include <pier/reports/dispute.hpp>
#include <pier/reports/document.hpp>

namespace pier::reports {

struct RenderOptions {
  std::string language = "en";  // "en", "zh"
  std::vector<Dispute> disputes = {};
  std::string signer = {};  // fingerprint of the key whose signature holds; empty: not signed, or not looked at
};

/// No script is needed to read it; nothing is loaded from elsewhere (a content security policy inside says so).
std::string render_html(const Document& document, const RenderOptions& options);

/// kNotFound when the font is not installed (Debian's fonts-wqy-microhei). The only time in it is the document's.
Result<Bytes> render_pdf(const Document& document, const RenderOptions& options);

}  // namespace pier::reports
