# ./dev check: what a reviewer should not have to look for.

# Seconds that clang-tidy may take in all; what it did not come to is said.
kTidySeconds=${PIER_TIDY_SECONDS:-480}

dev_check() {
  local base=''
  case ${1:-} in
    '') ;;
    --base) base=${2:?./dev check --base wants a revision} ;;
    *) give_up "check takes --base REV or nothing, not \"$1\"" ;;
  esac
  install_packages $(packages_of build test check)
  local range failed=() name
  range=$(change_range "$base")
  say "changed: since ${range:-the first commit}"
  mapfile -t changed < <(changed_sources "$range")
  configure release
  for name in format layers sizes text headers tidy; do
    "check_$name" || failed+=("$name")
  done
  ((${#failed[@]} == 0)) || { say "check: ${failed[*]} failed"; return 1; }
  say "check: everything holds"
}

# The revision to compare with; empty: everything counts as changed.
change_range() { # [BASE]
  local count
  if [[ -n $1 ]]; then
    git rev-parse --verify --quiet "$1^{commit}" || give_up "--base: no revision \"$1\""
  elif [[ ${CI:-} != true ]] && git rev-parse --verify --quiet origin/main >/dev/null; then
    git merge-base origin/main HEAD
  else
    count=$(git rev-list --count --first-parent HEAD)
    ((count <= 30)) || git rev-parse HEAD~30
  fi
}

# Sources that changed since REV, the newest change first, uncommitted ones before all.
changed_sources() { # REV
  local kinds=('*.cpp' '*.hpp')
  {
    git diff --name-only HEAD -- "${kinds[@]}"
    git ls-files -o --exclude-standard -- "${kinds[@]}"
    git log --format= --name-only ${1:+"$1.."} -- "${kinds[@]}"
  } | awk '!seen[$0]++' | while read -r file; do [[ ! -f $file ]] || echo "$file"; done
}

check_format() {
  local wrong
  ((${#changed[@]})) || { say "format: nothing changed"; return 0; }
  wrong=$(clang-format-19 --dry-run "${changed[@]}" 2>&1 | sed -nE 's/^([^: ]+):[0-9]+:.*clang-format-violations.*/\1/p' |
    sort -u)
  [[ -z $wrong ]] || { say "format: run ./dev format; not in form:" "$wrong"; return 1; }
  say "format: ${#changed[@]} files in form"
}

check_layers() { python3 tools/check/layers.py; }
check_sizes() { python3 tools/check/sizes.py; }
check_text() { python3 tools/check/text.py; }

# Every public header compiles alone.
check_headers() {
  local targets
  mapfile -t targets < <(ninja -C build/release -t targets all | sed -nE 's/^(pier_[a-z0-9_]+_headers): phony$/\1/p')
  compile release "${targets[@]}"
  say "headers: the public headers of ${#targets[@]} modules compile alone"
}

# Files that are part of the release build, newest change first, until the time is used up. What passed with the same
# content, headers and rules is not looked at again.
check_tidy() {
  local sources file rules
  mapfile -t sources < <(tidy_sources)
  ((${#sources[@]})) || { say "tidy: nothing changed"; return 0; }
  rules=$(cat .clang-tidy $(git ls-files -co --exclude-standard '*.hpp') | sha256sum)
  rm -rf build/tidy/failed
  mkdir -p build/tidy/failed build/tidy/passed
  export kTidyRules=${rules:0:64} kTidyEnd=$(($(date +%s) + kTidySeconds))
  local started=$SECONDS
  printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 tools/check/tidy_one.sh \
    >build/log/tidy.log || true
  local seen late
  seen=$(grep -c '^\(passed\|failed\)' build/log/tidy.log || true)
  late=$(grep -c '^late' build/log/tidy.log || true)
  for file in build/tidy/failed/*; do [[ ! -f $file ]] || cat "$file"; done
  say "tidy: looked at $seen of ${#sources[@]} changed files in $((SECONDS - started)) s"
  ((late == 0)) || say "tidy: NOT looked at, since $kTidySeconds s are over: $late files, those that changed longest ago;" \
    "again without limit: PIER_TIDY_SECONDS=99999 ./dev check"
  ! compgen -G 'build/tidy/failed/*' >/dev/null
}

tidy_sources() {
  local built
  built=$(sed -nE 's|^ *"file": "'"$PWD"'/([^"]+)",?$|\1|p' build/release/compile_commands.json | sort -u)
  printf '%s\n' "${changed[@]}" | grep '\.cpp$' | grep -Fx -f <(printf '%s\n' "$built") || true
}

dev_format() {
  install_packages clang-format-19
  git ls-files -co --exclude-standard -z -- '*.cpp' '*.hpp' | xargs -0 -r clang-format-19 -i
}
