# ./dev test: the release build with its fast and integration tests; --all goes through everything else, resumable.
# Labels of tests: fast, fuzz (corpus replay), integration, e2e; only with --all: chaos, uhd.

# The sanitized modules whose threads meet.
kThreadedModules=(core jobs net)

dev_test() {
  local all=no
  case ${1:-} in
    '') ;;
    --all) all=yes ;;
    *) give_up "test takes --all or nothing, not \"$1\"" ;;
  esac
  build_everything
  npm_ci tests/e2e
  use_node  # the browser test runs it, also when nothing had to be fetched
  if [[ $all == no ]]; then
    run_ctest release -L 'fast|integration|e2e' -LE 'chaos|uhd'
    return
  fi
  install_packages $(packages_of all)
  local step failed=()
  for step in release asan tsan fuzz chaos uhd; do once_per_state "$step" "test_$step" || failed+=("$step"); done
  ((${#failed[@]} == 0)) || { say "failed: ${failed[*]}"; return 1; }
  say "everything passed"
}

# run_ctest PRESET ARGUMENTS...: the output goes to a file; shown are failures and ctest's closing lines.
run_ctest() {
  local preset=$1 status=0 log=build/log/ctest-$1.log
  shift
  mkdir -p build/log
  ctest --preset "$preset" --no-tests=error -j "$(nproc)" "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then sed -n '/^The following tests FAILED/q; p' "$log" | grep -vE ' (Start|Passed) ' | tail -n 300; fi
  sed -n '/% tests passed/,$p' "$log"
  if ((status != 0)); then say "all of it: $log"; return 1; fi
}

# Skips, and says so, what passed already at exactly this state of the files.
once_per_state() { # NAME COMMAND...
  local name=$1 state stamp
  shift
  state=$({ git rev-parse HEAD; git diff HEAD; git ls-files -o --exclude-standard -z | xargs -0 -r sha256sum; } | sha256sum)
  stamp=build/stamps/$name-${state:0:16}
  if [[ -f $stamp ]]; then say "== $name: passed already at this state of the files ($(date -r "$stamp" '+%F %R'))"; return; fi
  say "== $name"
  "$@" || return 1
  mkdir -p build/stamps
  rm -f "build/stamps/$name-"*
  touch "$stamp"
}

test_release() { run_ctest release -L 'fast|integration|e2e' -LE 'chaos|uhd'; }
test_chaos() { run_labelled chaos; }
test_uhd() { run_labelled uhd; }

run_labelled() { run_ctest release -L "$1" -j 1; }

test_asan() {
  configure asan
  compile asan
  run_ctest asan -L fast
}

test_tsan() {
  local IFS=';'
  configure tsan -DPIER_ONLY="${kThreadedModules[*]}"
  IFS='|'
  local pattern="^(${kThreadedModules[*]})\$"
  IFS=' '
  compile tsan
  run_ctest tsan -R "$pattern"
}

# Every fuzz target for a minute, from its corpus, one a core; what it finds anew stays in build/fuzz/found.
test_fuzz() {
  configure fuzz -DPIER_TESTS=OFF
  local targets target failed=() running=0
  mapfile -t targets < <(ninja -C build/fuzz -t targets all | sed -nE 's/^(fuzz_[a-z0-9_]+): phony$/\1/p')
  compile fuzz "${targets[@]}"
  rm -f build/log/*.failed
  for target in "${targets[@]}"; do
    if ((running++ >= $(nproc))); then wait -n || true; fi
    { fuzz_one "$target" || touch "build/log/$target.failed"; } &
  done
  wait
  mapfile -t failed < <(find build/log -name 'fuzz_*.failed' -printf '%f\n')
  ((${#failed[@]} == 0)) || { say "failed: ${failed[*]%.failed}"; return 1; }
}

fuzz_one() {
  local target=$1 name=${1#fuzz_} found=build/fuzz/found/$1 corpus
  corpus=$(git ls-files "src/*/fuzz/corpus/$name/*" | sed -n '1s|/[^/]*$||p')
  mkdir -p "$found" build/log
  if build/fuzz/bin/"$target" -max_total_time="${PIER_FUZZ_SECONDS:-60}" -rss_limit_mb=2048 -timeout=20 \
    -artifact_prefix="$found/crash-" "$found" ${corpus:+"$corpus"} >"build/log/$target.log" 2>&1; then
    say "$target: $(grep -oE 'Done [0-9]+ runs in [0-9]+ second' "build/log/$target.log" || true)"
  else
    tail -n 40 "build/log/$target.log"
    return 1
  fi
}
