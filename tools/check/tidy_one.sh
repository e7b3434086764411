#!/usr/bin/env bash
# tidy_one.sh FILE: clang-tidy over one source; says passed, failed or late. Called by ./dev check.
# Deprecations are g++'s to refuse: clang blames the standard library's own use of what it deprecates.
# Headers that g++ compiled beforehand are text to clang.
set -euo pipefail
file=$1
(($(date +%s) < kTidyEnd)) || { echo "late $file"; exit 0; }
key=$({ echo "$kTidyRules"; cat "$file"; } | sha256sum)
passed=build/tidy/passed/${key:0:32}
if [[ -f $passed ]] || clang-tidy-19 -p build/release --quiet --extra-arg=-Wno-unknown-warning-option \
  --extra-arg=-Wno-deprecated-declarations --extra-arg=-Wno-ignored-gch "$file" \
  >"build/tidy/failed/${file//\//-}" 2>/dev/null; then
  rm -f "build/tidy/failed/${file//\//-}"
  touch "$passed"
  echo "passed $file"
else
  echo "failed $file"
fi
