#include <algorithm>
#include <cstdio>
#include <memory>

#include <pier/analysis/attest.hpp>
#include <pier/analysis/profile.hpp>
#include <pier/analysis/waiver.hpp>
#include <pier/core/file.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string name;  // profile, file or rule
  std::string profile;
  std::string language = "en";
  analysis::AttestRequest request;
};

Result<analysis::Profile> load(const std::string& name, const Globals& globals) {
  return analysis::load_profile(name, analysis::profile_directories(), analysis::overlay_directory(globals.data));
}

size_t deciding(const analysis::Profile& profile) {
  return static_cast<size_t>(std::ranges::count_if(
      profile.rules, [](const analysis::Rule& rule) { return rule.verified != analysis::Verified::kNo; }));
}

int run_list(const Options& options, const Globals& globals) {
  const auto shipped = analysis::list_profiles();
  if (!shipped) return report(shipped.error(), globals);
  json::array list;
  for (const analysis::Profile& one : *shipped) {
    const auto profile = load(one.path, globals);
    if (!profile) return report(profile.error(), globals);
    const bool attested = !profile->overlay_digest.empty();
    if (!globals.json) {
      std::printf("%-14s %-3s %2zu rules, %2zu of them verified%s  %s\n", profile->id.c_str(), profile->version.c_str(),
                  profile->rules.size(), deciding(*profile), attested ? " (with attestations)" : "",
                  profile->title.in(options.language).c_str());
    }
    json::object object = to_json(*profile);
    object.erase("rules");
    object["rules"] = profile->rules.size();
    object["verified_rules"] = deciding(*profile);
    list.push_back(std::move(object));
  }
  if (globals.json) print_json(json::object{{"profiles", std::move(list)}});
  return 0;
}

void print_rule(const analysis::Rule& rule, const std::string& language) {
  const auto part = [](std::string_view text) { return std::string(text); };
  std::printf("\n%s\n", rule.id.c_str());
  std::printf("  %s\n", rule.message.in(language).c_str());
  std::printf("  asks      %s (%s; applies to %s)\n", describe(rule.check, language).c_str(),
              part(to_string(rule.severity)).c_str(), part(to_string(rule.applies_to)).c_str());
  std::printf("  clause    %s\n", rule.clause.c_str());
  std::printf("  verified  %s: %s\n", part(to_string(rule.verified)).c_str(), rule.source.c_str());
  if (rule.attestation) {
    std::printf("  attested  by %s after %s, %s (%s)\n", rule.attestation->by.c_str(),
                rule.attestation->document.c_str(), rule.attestation->clause.c_str(), rule.attestation->date.c_str());
  }
  if (!rule.ebu_qc.empty()) std::printf("  EBU QC    %s\n", rule.ebu_qc.c_str());
  if (!rule.movielabs.empty()) std::printf("  MovieLabs %s\n", rule.movielabs.c_str());
}

int run_show(const Options& options, const Globals& globals) {
  const auto profile = load(options.name, globals);
  if (!profile) return report(profile.error(), globals);
  if (globals.json) {
    print_json(to_json(*profile));
    return 0;
  }
  std::printf("%s %s: %s\n%s\nSHA-256 %s\n", profile->id.c_str(), profile->version.c_str(),
              profile->title.in(options.language).c_str(), profile->path.c_str(), profile->digest.c_str());
  if (!profile->overlay_digest.empty())
    std::printf("overlay %s\nSHA-256 %s\n", profile->overlay_path.c_str(), profile->overlay_digest.c_str());
  for (const std::string& warning : profile->warnings) std::printf("note: %s\n", warning.c_str());
  for (const analysis::Rule& rule : profile->rules) print_rule(rule, options.language);
  return 0;
}

std::vector<std::string> overlay_mistakes(const std::string& text, const std::string& path) {
  const auto overlay = analysis::parse_overlay(text, path);
  if (!overlay) return {overlay.error().message};
  const auto shipped = analysis::load_profile(overlay->profile);
  if (!shipped) return {path + ": " + shipped.error().message};
  const auto profile = analysis::with_overlay(*shipped, *overlay);
  if (!profile) return {path + ": " + profile.error().message};
  std::vector<std::string> mistakes;
  for (const std::string& warning : profile->warnings) mistakes.push_back(path + ": " + warning);
  return mistakes;
}

int run_lint(const Options& options, const Globals& globals) {
  const auto text = read_file(options.name, 4U << 20U);
  if (!text) return report(text.error(), globals);
  const auto holds = [&](std::string_view list) {
    return ("\n" + *text).find("\n" + std::string(list)) != std::string::npos;
  };
  std::string kind = "profile";
  std::vector<std::string> mistakes;
  if (holds("[[attest]]")) {
    kind = "overlay";
    mistakes = overlay_mistakes(*text, options.name);
  } else if (holds("[[waiver]]") || text->starts_with('{')) {
    kind = "waivers";
    if (const auto waivers = analysis::parse_waivers(*text, options.name); !waivers)
      mistakes.push_back(waivers.error().message);
  } else {
    mistakes = analysis::lint_profile(*text, options.name);
  }
  if (globals.json) {
    json::array list;
    for (const std::string& mistake : mistakes) list.push_back(json::value(mistake));
    json::object object{{"kind", kind}, {"ok", mistakes.empty()}, {"mistakes", std::move(list)}};
    put_path(object, "path", options.name);
    print_json(object);
  } else if (mistakes.empty()) {
    std::printf("%s: no mistakes (%s)\n", options.name.c_str(), kind.c_str());
  } else {
    for (const std::string& mistake : mistakes) std::printf("%s\n", mistake.c_str());
  }
  return mistakes.empty() ? 0 : 1;
}

int run_attest(const Options& options, const Globals& globals) {
  const auto shipped = analysis::load_profile(options.profile);
  if (!shipped) return report(shipped.error(), globals);
  const auto profile =
      analysis::attest(*shipped, options.request, analysis::overlay_directory(globals.data), Clock::system().now());
  if (!profile) return report(profile.error(), globals);
  const analysis::Rule& rule = *std::ranges::find(profile->rules, options.request.rule, &analysis::Rule::id);
  if (globals.json) {
    print_json(json::object{{"profile", profile->id},
                            {"rule", to_json(rule)},
                            {"overlay_path", profile->overlay_path},
                            {"overlay_digest", profile->overlay_digest}});
  } else {
    std::printf("%s of %s now decides, as attested; kept in %s\n", rule.id.c_str(), profile->id.c_str(),
                profile->overlay_path.c_str());
    print_rule(rule, options.language);
  }
  return 0;
}

int run_words(const Globals& globals) {
  const std::vector<std::pair<const char*, std::vector<std::string>>> lists{
      {"fact", analysis::fact_names()},
      {"absent", analysis::finding_kind_names()},
      {"measure", analysis::measure_names()},
  };
  json::object object;
  for (const auto& [key, words] : lists) {
    json::array array;
    if (!globals.json) std::printf("%s\n", key);
    for (const std::string& word : words) {
      array.push_back(json::value(word));
      if (!globals.json) std::printf("  %s\n", word.c_str());
    }
    object[key] = std::move(array);
  }
  if (globals.json) print_json(object);
  return 0;
}

struct Place {
  CLI::App& command;
  std::shared_ptr<Options> options;
  Globals& globals;
  Run& run;
};

CLI::App* add(const Place& place, const char* verb, const char* help, int (*act)(const Options&, const Globals&)) {
  CLI::App* command = place.command.add_subcommand(verb, help);
  const auto options = place.options;
  Globals& globals = place.globals;
  Run& run = place.run;
  command->add_option("--data", globals.data, "Data directory: attestations lie in DIR/profiles")
      ->envname("PIER_DATA")
      ->default_str("./data")
      ->type_name("DIR");
  add_globals(*command, globals, false);
  command->callback(
      [options, act, &globals, &run] { run = [options, act, &globals] { return act(*options, globals); }; });
  return command;
}

void add_language(CLI::App& command, Options& options) {
  command.add_option("--language", options.language, "Language of titles and rules")
      ->check(CLI::IsMember({"en", "zh"}));
}

}  // namespace

void add_profiles(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("profiles", "The rule sets masters are judged by");
  command->require_subcommand(1);
  const Place place{*command, options, globals, run};
  add_language(*add(place, "list", "All profiles, with how many of their rules are verified", run_list), *options);

  CLI::App* show = add(place, "show", "The rules of one profile, with clause and source", run_show);
  show->add_option("NAME", options->name, "Profile name or file")->required();
  add_language(*show, *options);

  CLI::App* lint = add(place, "lint", "All mistakes of a profile, overlay or waiver file, with line and key", run_lint);
  lint->add_option("FILE", options->name)->required();
  lint->footer("Exit code 0: no mistakes; 1: mistakes; 2: the file cannot be read.");

  add(place, "words", "What rules can name: facts, kinds of findings, measures",
      [](const Options&, const Globals& given) { return run_words(given); });

  CLI::App* attest = add(place, "attest", "Whoever holds the text says that a rule asks what it asks", run_attest);
  analysis::AttestRequest& request = options->request;
  attest->add_option("RULE", request.rule)->required();
  attest->add_option("--profile", options->profile, "Profile name or file")->required()->type_name("P");
  attest->add_option("--document", request.document, "Title, number and edition of the text")->required();
  attest->add_option("--clause", request.clause, "Where in it")->required();
  attest->add_option("--by", request.by, "Who attests")->required();
  attest->add_option("--set", request.changes, "What the text asks instead: max=-3.0, equals=10, one_of=[10,12]")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_language(*attest, *options);
}

}  // namespace pier::app
