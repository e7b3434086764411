#pragma once
// Many masters delivered by one recipe into a folder: `pier deliver`. One that fails stops no other; what an earlier
// run delivered is not done again.

#include <functional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/deliver/recipe.hpp>
#include <pier/storage/file_drop.hpp>

namespace pier::workflows {

struct DeliverRequest {
  deliver::Recipe recipe;
  std::vector<deliver::Episode> episodes;
  std::string folder;           // made when it is not there; or a place of others, s3://... or sftp://...
  std::string receipts;         // folder of receipts; empty: `folder`/receipts
  storage::DropOptions access;  // to a place by SFTP
  std::string program;          // version of pier, for the receipts
  bool dry_run = false;         // plans and names only, writes nothing
  bool replace = false;         // files of these names that no receipt is about
};

struct DeliverEvents {
  /// Progress of the file that is being made.
  std::function<void(size_t episode, double fraction)> on_progress;
  /// Each episode once it is settled: {"line", "master", "state": "made", "there", "planned" or "failed", "name",
  /// "receipt", "bytes", "sha256", "md5", "repairs", "notes", "error": {"code", "message"}}; what does not apply is
  /// left out.
  std::function<void(const json::object& episode)> on_episode;
};

/// {"recipe", "recipient", "folder", "made", "there", "planned", "failed", "episodes"}. An error only when nothing
/// could begin; failures of single episodes are counted.
Result<json::object> deliver_all(const DeliverRequest& request, const DeliverEvents& events);

}  // namespace pier::workflows
