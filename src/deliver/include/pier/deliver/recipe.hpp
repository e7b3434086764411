#pragma once
// What a recipient wants, as data (deliveries/*.toml): the file, its name, what goes beside it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pier/deliver/wish.hpp>

namespace pier::deliver {

struct Recipe {
  std::string name;  // that of its file
  std::string title_en, title_zh;
  std::string recipient;
  Wish wish;
  std::string file_name;  // template without end: "{title}_第{episode:02}集_{hdr}"
  std::string burn;       // template of the name of the subtitles beside each master: "{stem}.srt"; empty: none
  bool md5 = false, xml = false, csv = false;
  std::string demand_profile;  // the master is an asset, and its newest report under this profile says ...
  std::string demand_verdict;  // ... "pass", or "warn": that at least. Empty: nothing is demanded
  std::string sha256;          // of the recipe's text: a delivery made by another text is another one
};

/// kInputDamaged names line and key.
Result<Recipe> parse_recipe(const std::string& text, const std::string& name);
/// NAME of `directory`, or the path of a TOML file. kNotFound lists the names there are.
Result<Recipe> load_recipe(const std::string& directory, const std::string& name);

using Words = std::map<std::string, std::string>;
/// "{word}" is replaced by the word, "{word:03}" by the number with leading zeros, "{{" by "{". kInvalidArgument for
/// words that are missing, empty or no number, and for names no file can have.
Result<std::string> fill_name(const std::string& name_template, const Words& words);

/// The newest report of an asset, under the profile a recipe demands, else under any.
struct Judged {
  std::string asset, report, profile, verdict, created;
  int64_t findings = 0;
  uint64_t master_bytes = 0;  // of what was judged
};

/// One master of a delivery: its row of a list.
struct Episode {
  int line = 0;  // of the list; 0: from the command line
  std::string master;
  Words words;  // all columns: "title", "episode"; "in", "out", "audio_map", "tags" and "burn" are heeded too
  std::optional<Judged> judged = {};  // of an asset of the catalogue
};

/// kNotConform: the recipe demands another verdict; kInvalidArgument: it demands one of a master that is no asset.
Result<void> check_demand(const Recipe& recipe, const Episode& episode);
/// CSV (RFC 4180, UTF-8, first row names the columns, "master" among them); paths are relative to `folder`.
Result<std::vector<Episode>> parse_episodes(const std::string& csv, const std::string& folder);

}  // namespace pier::deliver
