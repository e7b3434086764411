#pragma once
// The writers of each format.

#include <string>

#include <pier/subtitles/writing.hpp>

namespace pier::subtitles::impl {

Written write_srt(const Document& document);
Written write_webvtt(const Document& document, const WriteOptions& options);
Written write_imsc(const Document& document);
Result<Written> write_ebu_stl(const Document& document);

/// "01:02:03.450"; `point` stands before the milliseconds.
std::string clock_text(const Rational& seconds, char point);
/// "12.5%"
std::string percent_text(int32_t hundredths);
/// Text with & < > (and, for XML, what it cannot hold) written as entities.
std::string escaped(std::string_view text);
/// "start", "center", "end", "left", "right": the words of WebVTT and TTML alike.
std::string_view align_text(Align align);

}  // namespace pier::subtitles::impl
