#pragma once
// A file that stands under its name whole or not at all.

#include <string>

#include <pier/core/file.hpp>

namespace pier::deliver {

/// Written without a name where the file system can do that, else as `.NAME.part` beside it; killed at any time, `path`
/// is what it was before.
class OutputFile {
 public:
  /// kAlreadyExists when something of that name is there and `replace` is false.
  static Result<OutputFile> create(const std::string& path, bool replace);
  ~OutputFile();
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;

  int fd() const { return x_fd.get(); }
  /// The content on the disk, then the name, then the folder.
  Result<void> publish();

 private:
  OutputFile() = default;
  std::string x_path, x_part;
  UniqueFd x_fd;
  bool x_named = false;  // x_part is there
  bool x_replace = true;
};

}  // namespace pier::deliver
