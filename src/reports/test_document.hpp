#pragma once
// A report made in memory: two broken rules, findings, timelines, stills, and hostile texts.

#include <pier/reports/document.hpp>

namespace pier::reports::test {

inline constexpr const char* kHostile = "<script>alert(1)</script>\"' onload=x \xD6\xD0";  // the end is GB18030

Document document();

/// A folder that goes with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return x_path + "/" + name; }

 private:
  std::string x_path;
};

}  // namespace pier::reports::test
