#pragma once
// One layer of protection around a task, and whether it stands: for the start message and /healthz.

#include <string>

namespace pier::sandbox {

struct Layer {
  std::string name;  // "landlock", "system_call_filter", ...
  bool active = false;
  std::string reason;  // why not, or how: "ABI 7"
};

}  // namespace pier::sandbox
