#pragma once
// Captions and teletext out of a media file, as a subtitle file would be read.

#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>
#include <pier/subtitles/captions.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// Where captions come from in a media file: "cea-608", "cea-708", "teletext".
bool is_broadcast(std::string_view from);
/// Of `--service`: a channel of 608 (1 to 4), a service of 708 (1 to 63), a page of teletext (100 to 899); 0: the
/// first. kInvalidArgument.
Result<void> check_service(std::string_view from, int64_t service);

/// Is this one of the texts of subtitle_files.hpp that lies in the master?
bool is_captions(const json::object& text);
/// For people: "cea-608 service 1".
std::string name_of(const std::string& from, int64_t service);
/// That the master has them at all; which services there are shows when they are read. kNotFound says what there is.
Result<void> check_master_has(const media::Facts& facts, const std::string& from);

/// Times count from the first picture. kNotFound when there are none, naming what there is.
Result<subtitles::Captions> read_broadcast(const media::Source& source, const std::string& from, int service,
                                           const Progress& progress);

}  // namespace pier::workflows::impl
