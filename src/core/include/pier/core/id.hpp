#pragma once
// Identifiers: UUIDv7 (RFC 9562), sortable by time, written with a prefix: "ast_0198c2...".

#include <string>
#include <string_view>

namespace pier {

/// 32 lower-case hexadecimal digits, no dashes; later ones sort after earlier ones of this process. Thread-safe.
std::string new_uuid7();

/// "ast" -> "ast_0198...". Prefixes in use: ast asset, trk track, job, tsk task, rpt report, obj object, evt event.
std::string new_id(std::string_view prefix);

/// Is it `prefix`_ and 32 lower-case hexadecimal digits?
bool is_id(std::string_view prefix, std::string_view text);

}  // namespace pier
