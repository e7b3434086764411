#pragma once
// What a task process does to itself before it looks at the first byte of hostile input.

#include <string>
#include <vector>

#include <sys/types.h>

#include <pier/core/result.hpp>
#include <pier/sandbox/layer.hpp>

namespace pier::sandbox {

/// Files and directories a media task reads besides its descriptors: libraries, gconv, fonts, CPU topology.
std::vector<std::string> default_read_paths();

struct Confinement {
  std::vector<std::string> read_paths = default_read_paths();  // those that do not exist are left out
  uid_t user = 65534;  // who to become when started as root: Debian's nobody and nogroup
  gid_t group = 65534;
};

struct ConfinementReport {
  std::vector<Layer> layers;
  bool complete() const;  // every layer active
  /// "no_new_privs, landlock (ABI 7); missing: system_call_filter (...)"
  std::string to_string() const;
};

/// For good and for all threads started later: no new privileges, the unprivileged user (all groups and capabilities
/// dropped) when root, Landlock (reads below `read_paths`, writes, binds and connects nothing), then the system-call
/// filter. Descriptors already open stay usable. After it:
/// - unknown calls fail with EPERM; exec, ptrace and socket families kill the process with SIGSYS;
/// - threads can be made, processes cannot; memory is never both new and executable; ioctl gives ENOTTY;
/// - only files to be read can be opened; no signal can be sent but to oneself.
///
/// To be called while the process has one thread, before any input. Also renews PR_SET_PDEATHSIG, which a change of
/// user clears. What the kernel does not have is named in the report and is no error; what it has but refuses is an
/// error, and the caller must exit. Under sanitizers only no_new_privs is set, and the report says so.
Result<ConfinementReport> confine(const Confinement& confinement = {});

/// What confine() would have here, found out without changing anything: for the parent.
std::vector<Layer> available_layers(const Confinement& confinement = {});

}  // namespace pier::sandbox
