# What ./dev prints, and how it runs what would print too much.

say() { printf '%s\n' "$@"; }

# A failure of the environment or of the call: one message, exit code 2.
give_up() {
  printf './dev: %s\n' "$*" >&2
  exit 2
}

# quietly WHAT COMMAND...: output goes to build/log/WHAT.log; a terminal sees the seconds pass; a failure shows the end.
quietly() {
  local what=$1 log=build/log/${1// /-}.log started=$SECONDS status=0
  shift
  mkdir -p build/log
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  while [[ -t 2 ]] && kill -0 "$pid" 2>/dev/null; do
    printf '\r%s: %d s ' "$what" $((SECONDS - started)) >&2
    sleep 0.5
  done
  wait "$pid" || status=$?
  [[ -t 2 ]] && printf '\r\033[K' >&2
  if ((status != 0)); then
    tail -n 30 "$log" >&2
    give_up "$what failed with exit code $status; all it said is in $log"
  fi
  say "$what: done in $((SECONDS - started)) s"
}
