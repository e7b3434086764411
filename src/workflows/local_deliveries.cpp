#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include <pier/core/clock.hpp>
#include <pier/deliver/receipt.hpp>
#include <pier/media/facts.hpp>
#include <pier/reports/document.hpp>
#include <pier/subtitles/reading.hpp>
#include <pier/workflows/deliveries.hpp>

#include "delivery_place.hpp"
#include "local_deliver.hpp"

namespace pier::workflows {
namespace {

using namespace impl;
using deliver::Episode;

constexpr std::string_view kReceiptEnd = ".receipt.json", kPendingEnd = ".receipt.pending";

/// Receipts of earlier runs by delivery_key(); those that were cut off before their end too.
class Receipts {
 public:
  struct Kept {
    std::string path;
    json::object content;
    bool pending = false;
  };

  static Result<Receipts> read(const std::string& folder) {
    Receipts all;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const std::string path = it->path().string();
      const bool pending = path.ends_with(kPendingEnd);
      if (!pending && !path.ends_with(kReceiptEnd)) continue;
      PIER_TRY(const std::string text, read_file(path));
      const auto content = parse_json(text);
      if (!content || !content->is_object())
        return fail(ErrorCode::kInputDamaged, display_text(path) + " is no receipt; move it away");
      const std::string key = string_or(content->get_object(), "key", "");
      if (!pending || !all.x_kept.contains(key)) all.x_kept[key] = {path, content->get_object(), pending};
    }
    return all;
  }
  const Kept* find(const std::string& key) const {
    const auto found = x_kept.find(key);
    return found == x_kept.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, Kept> x_kept;
};

std::string word_of(const Episode& episode, const char* key) {
  const auto word = episode.words.find(key);
  return word == episode.words.end() ? std::string() : word->second;
}

std::string light_name(const media::WrittenPictures& pictures) {
  if (pictures.colour.transfer == Transfer::kHlg) return "HLG";
  if (pictures.colour.transfer != Transfer::kPq) return "SDR";
  return pictures.mastering_display ? "HDR10" : "PQ";
}

/// Words that a file's name can hold besides those of its row.
void add_words(const media::WrittenPictures& pictures, const deliver::Recipe& recipe, const std::string& master,
               deliver::Words& words) {
  words["hdr"] = light_name(pictures);
  words["raster"] = std::to_string(std::min(pictures.width, pictures.height)) + "p";
  words["width"] = std::to_string(pictures.width);
  words["height"] = std::to_string(pictures.height);
  words["format"] = recipe.wish.format;
  words["recipient"] = recipe.recipient;
  if (words["title"].empty()) words["title"] = std::filesystem::path(master).stem().string();
}

/// The subtitles that are drawn into this master's pictures: the column "burn" of its row, relative to the master, else
/// the name that the recipe makes. Their digest becomes a word, so that other subtitles are another delivery.
Result<void> find_subtitles(const deliver::Recipe& recipe, Episode& episode, deliver::Wish& wish) {
  std::string name = word_of(episode, "burn");
  if (!name.empty() && !wish.burn) wish.burn.emplace();
  if (!wish.burn) return {};
  const std::filesystem::path master(episode.master);
  if (name.empty()) {
    deliver::Words words = episode.words;
    words["stem"] = master.stem().string();
    PIER_TRY(name, deliver::fill_name(recipe.burn, words));
  }
  wish.burn->file = (master.parent_path() / name).string();
  auto text = read_file(wish.burn->file, subtitles::kMaxInput);
  if (!text) return fail_in("the subtitles to burn in", std::move(text).error());
  episode.words["burn_sha256"] = to_hex(sha256(as_bytes(*text)));
  return {};
}

json::object describe(const deliver::Judged& judged) {
  return {{"asset", judged.asset},     {"report", judged.report},     {"profile", judged.profile},
          {"verdict", judged.verdict}, {"findings", judged.findings}, {"created", judged.created}};
}

class Deliveries {
 public:
  Deliveries(const DeliverRequest& request, const DeliverEvents& events) : x_request(request), x_events(events) {}

  Result<json::object> run();

 private:
  struct Place {
    std::string name, path, receipt, pending;
  };

  json::object settle(size_t number);
  Result<json::object> deliver_one(size_t number);
  Result<json::object> plan_one(const Episode& episode, const OpenedMaster& master, const deliver::Wish& wish,
                                Place& place);
  Result<json::object> make_one(size_t number, const Episode& episode, OpenedMaster master, const deliver::Wish& wish,
                                const std::string& key, const Place& place);
  Result<std::optional<json::object>> earlier(const Episode& episode, const std::string& key);
  Result<void> finish(const Episode& episode, const Place& place, const deliver::Digests& digests);
  Place place_of(const std::string& name) const {
    const std::string receipts = x_place.receipts() + "/";
    return {name, x_place.place_of(name), receipts + name + std::string(kReceiptEnd),
            receipts + name + std::string(kPendingEnd)};
  }

  const DeliverRequest& x_request;
  const DeliverEvents& x_events;
  DeliveryPlace x_place;
  Receipts x_receipts;
  std::set<std::string> x_names;
  sandbox::Spawner x_spawner;
};

Result<json::object> Deliveries::run() {
  PIER_CHECK(x_place.open(x_request));
  PIER_TRY(x_receipts, Receipts::read(x_place.receipts()));
  std::map<std::string, int64_t> counts{{"made", 0}, {"there", 0}, {"planned", 0}, {"failed", 0}};
  json::array episodes;
  for (size_t i = 0; i < x_request.episodes.size(); ++i) {
    json::object episode = settle(i);
    counts[string_or(episode, "state", "failed")]++;
    if (x_events.on_episode) x_events.on_episode(episode);
    episodes.push_back(std::move(episode));
  }
  json::object all{{"recipe", x_request.recipe.name}, {"recipient", x_request.recipe.recipient}};
  put_path(all, "folder", x_request.folder);
  for (const auto& [state, count] : counts) all[state] = count;
  all["episodes"] = std::move(episodes);
  return all;
}

json::object Deliveries::settle(size_t number) {
  const Episode& episode = x_request.episodes[number];
  Result<json::object> done = deliver_one(number);
  json::object settled;
  if (done) {
    settled = std::move(*done);
  } else {
    settled = {{"state", "failed"},
               {"error", {{"code", to_string(done.error().code)}, {"message", done.error().message}}}};
  }
  if (episode.line > 0) settled["line"] = episode.line;
  put_path(settled, "master", episode.master);
  return settled;
}

Result<json::object> Deliveries::deliver_one(size_t number) {
  deliver::Wish wish = x_request.recipe.wish;
  wish.audio_map = word_of(x_request.episodes[number], "audio_map");
  wish.tags = word_of(x_request.episodes[number], "tags");
  PIER_CHECK(deliver::check_words(wish));
  Episode episode = x_request.episodes[number];
  PIER_CHECK(find_subtitles(x_request.recipe, episode, wish));
  PIER_CHECK(deliver::check_demand(x_request.recipe, episode));
  PIER_TRY(const media::Source source, media::open_input(episode.master));
  if (episode.judged && source.total_bytes() != episode.judged->master_bytes) {
    return fail(ErrorCode::kInputChanged, display_text(episode.master) + " is not the master of asset " +
                                              episode.judged->asset + " any more: its size is another");
  }
  const FileState state = source.files.empty() ? FileState{} : source.files[source.primary].state;
  const std::string key = deliver::delivery_key(x_request.recipe, episode, state);
  PIER_TRY(std::optional<json::object> there, earlier(episode, key));
  if (there) return std::move(*there);
  const LocalProgress looking = [&](double fraction, int64_t) {
    if (x_events.on_progress) x_events.on_progress(number, 0.1 * fraction);
  };
  PIER_TRY(OpenedMaster master, open_master_file(x_spawner, {episode.master, {}}, !x_request.dry_run, looking));
  Place place;
  PIER_TRY(json::object planned, plan_one(episode, master, wish, place));
  if (x_request.dry_run) return planned;
  return make_one(number, episode, std::move(master), wish, key, place);
}

/// What an earlier run delivered; one that was cut off after its file had its name is completed.
Result<std::optional<json::object>> Deliveries::earlier(const Episode& episode, const std::string& key) {
  const Receipts::Kept* kept = x_receipts.find(key);
  if (kept == nullptr) return std::nullopt;
  const auto file = get_object(kept->content, "file");
  if (!file) return std::nullopt;
  const Place place = place_of(string_or(*file, "name", ""));
  PIER_TRY(const std::optional<uint64_t> size, x_place.size_of(place.name));
  if (!size || static_cast<int64_t>(*size) != int_or(*file, "bytes", -1)) return std::nullopt;
  if (kept->pending) {
    deliver::Digests digests{string_or(*file, "sha256", ""), string_or(*file, "md5", ""), *size};
    // At a place of others a file has its name only when what is there was checked.
    PIER_TRY(const auto found, x_place.digests_of(place.name));
    if (found && found->sha256 != digests.sha256) return std::nullopt;
    if (!x_request.dry_run) PIER_CHECK(finish(episode, place, digests));
  }
  x_names.insert(place.name);
  json::object there{{"state", "there"}, {"name", place.name}, {"bytes", *size}};
  there["sha256"] = string_or(*file, "sha256", "");
  put_path(there, "receipt", place.receipt);
  return there;
}

Result<json::object> Deliveries::plan_one(const Episode& episode, const OpenedMaster& master, const deliver::Wish& wish,
                                          Place& place) {
  PIER_TRY(const media::Facts facts, media::facts_from_json(master.facts));
  PIER_TRY(const Points points, programme_points(word_of(episode, "in"), word_of(episode, "out"), master.facts));
  PIER_TRY(const deliver::Plan plan,
           deliver::plan_delivery(facts, wish, {points.in, points.out, deliver::scan_by_stream(facts)}));
  deliver::Words words = episode.words;
  add_words(*plan.file.pictures, x_request.recipe, episode.master, words);
  PIER_TRY(const std::string name, deliver::fill_name(x_request.recipe.file_name, words));
  place = place_of(name + "." + std::string(media::to_string(wish.container)));
  if (!x_names.insert(place.name).second)
    return fail(ErrorCode::kInvalidArgument, "another master of this list gets the name " + place.name + " too");
  json::array notes;
  for (const std::string& note : plan.notes) notes.emplace_back(note);
  PIER_TRY(const std::optional<uint64_t> other, x_place.size_of(place.name));
  if (!x_request.replace && other) {
    return fail(ErrorCode::kAlreadyExists,
                display_text(place.path) +
                    " is there, and no receipt is about this master and recipe; move it away "
                    "or give --replace");
  }
  return json::object{
      {"state", "planned"}, {"name", place.name}, {"pictures", plan.pictures}, {"notes", std::move(notes)}};
}

Result<json::object> Deliveries::make_one(size_t number, const Episode& episode, OpenedMaster master,
                                          const deliver::Wish& wish, const std::string& key, const Place& place) {
  const LocalProgress making = [&](double fraction, int64_t) {
    if (x_events.on_progress) x_events.on_progress(number, 0.1 + 0.9 * fraction);
  };
  PIER_TRY(deliver::OutputFile output, x_place.create(place.name, x_request.replace));
  const json::object reference = master.reference;
  PIER_TRY(const json::object made, make_output(x_spawner, std::move(master), wish,
                                                {word_of(episode, "in"), word_of(episode, "out")}, output, making));
  PIER_TRY(const deliver::Digests digests, deliver::digests_of(output.fd()));
  json::object words;
  for (const auto& [word, value] : episode.words) words[word] = display_text(value);
  json::object receipt{
      {"key", key},
      {"recipe", x_request.recipe.name},
      {"recipe_sha256", x_request.recipe.sha256},
      {"recipient", x_request.recipe.recipient},
      {"made", reports::local_time(Clock::system().now())},
      {"program", x_request.program},
      {"master", reference},
      {"words", std::move(words)},
      {"file", {{"name", place.name}, {"bytes", digests.bytes}, {"sha256", digests.sha256}, {"md5", digests.md5}}},
      {"place", display_text(place.path)},
      {"verdict", "every static tag is as asked for, or has no place in this container"}};
  if (episode.judged) receipt["judged"] = describe(*episode.judged);
  for (const char* part : {"pictures", "conversion", "loudness", "repairs", "notes", "tags", "damaged", "burned"})
    receipt[part] = made.at(part);
  PIER_CHECK(replace_file(place.pending, as_bytes(pretty_json(receipt) + "\n")));
  PIER_CHECK(x_place.deliver(output, place.name, digests, x_request.replace));
  PIER_CHECK(finish(episode, place, digests));
  json::object settled{{"state", "made"},           {"name", place.name},           {"bytes", digests.bytes},
                       {"sha256", digests.sha256},  {"md5", digests.md5},           {"repairs", made.at("repairs")},
                       {"notes", made.at("notes")}, {"damaged", made.at("damaged")}};
  put_path(settled, "receipt", place.receipt);
  return settled;
}

/// The file has its name: what goes beside it, and last its receipt.
Result<void> Deliveries::finish(const Episode& episode, const Place& place, const deliver::Digests& digests) {
  for (const deliver::Sidecar& sidecar : deliver::sidecars_of(x_request.recipe, episode, place.name, digests))
    PIER_CHECK(x_place.put_text(sidecar.name, sidecar.text));
  if (::rename(place.pending.c_str(), place.receipt.c_str()) != 0)
    return Failure(errno_error(errno, "cannot write " + display_text(place.receipt)));
  return sync_directory(x_place.receipts());
}

}  // namespace

Result<json::object> deliver_all(const DeliverRequest& request, const DeliverEvents& events) {
  if (request.episodes.empty()) return fail(ErrorCode::kInvalidArgument, "there is nothing to deliver");
  return Deliveries(request, events).run();
}

}  // namespace pier::workflows
