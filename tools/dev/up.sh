# ./dev up: the main job, from nothing to a page that plays; on one server, or as on several machines (--distributed).

kDemoTitle='Pier demo: 4K HLG'
kDemoClip=data/demo/pier-demo-4k-hlg.mp4
kPier=build/release/bin/pier

dev_up() {
  local listen=127.0.0.1:8080 distributed=''
  while (($# > 0)); do
    case $1 in
      --distributed) distributed=1 ;;
      --listen) listen=${2:?./dev up --listen wants HOST:PORT}; shift ;;
      *) give_up "up takes --distributed and --listen HOST:PORT, not \"$1\"" ;;
    esac
    shift
  done
  build_program
  make_demo_clip
  data=data
  [[ -z $distributed ]] || start_peers
  start_server "$listen"
  [[ -z $distributed ]] || start_demo_workers
  publish_demo
  local asset
  asset=$(demo_asset published)
  [[ -n $asset ]] || stop_and_give_up "the clip is not published; what was done is kept, ./dev up goes on from there"
  say "" "  watch it: http://$listen/play/$asset" "" "Ctrl-C stops the server."
  wait "$server" || true
  server=''
  tail -n 5 "build/log/serve-$$.log" >&2
  give_up "the server ended by itself"
}

make_demo_clip() {
  [[ ! -f $kDemoClip ]] || return 0
  install_packages $(packages_of test | grep -v chromium)
  say "making a UHD clip, 3840x2160, 50p, 10 bit, HLG, 7.68 s: $kDemoClip (about a minute and a half)"
  tools/make_clip.sh "$kDemoClip"
}

# PostgreSQL and a RADOS Gateway of our own, whose data stay in data/distributed; the rest is told where they are.
start_peers() {
  install_packages $(packages_of test | grep -v chromium)
  local state=$PWD/data/distributed
  mkdir -p "$state"
  if ((EUID == 0)) && ! setpriv --reuid=postgres --regid=postgres --clear-groups test -x "$state"; then
    give_up "PostgreSQL runs as the user postgres, who cannot reach $state; clone Pier into a folder that others may enter"
  fi
  say "starting PostgreSQL and a Ceph RADOS Gateway in data/distributed (about half a minute)"
  trap 'stop_server; exit 130' INT TERM
  trap stop_server EXIT
  peers=$state
  python3 -B tests/peers/postgresql.py keep "$state/postgresql" --watch $$ || give_up "PostgreSQL did not start"
  python3 -B tests/peers/rados_gateway.py keep "$state/rados" --watch $$ || give_up "the RADOS Gateway did not start"
  data=$state/server
  local words
  words=$(python3 -c '
import json, shlex, sys
records, objects = (json.load(open(f"{sys.argv[1]}/{name}/peer.json")) for name in ("postgresql", "rados"))
store = "s3://" + objects["bucket"] + "/demo?endpoint=" + objects["endpoint"]
print("records=" + shlex.quote(records["url"].format("pier")), "store=" + shlex.quote(store),
      "AWS_ACCESS_KEY_ID=" + shlex.quote(objects["access_key"]),
      "AWS_SECRET_ACCESS_KEY=" + shlex.quote(objects["secret_key"]))' "$state")
  eval "$words"
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  mkdir -p "$data"
  printf 'database = "%s"\nstore = "%s"\n' "$records" "$store" >"$data/pier.toml"
  serve_options=(--no-worker)
}

# Each on a directory of its own, as on another machine.
start_demo_workers() {
  local name
  for name in worker-1 worker-2; do
    mkdir -p "$peers/$name"
    setsid "$kPier" worker --data "$peers/$name" --config "$data/pier.toml" --name "$name" --slots 1 \
      >"build/log/$name.log" 2>&1 </dev/null &
    workers+=($!)
  done
  until (($("$kPier" workers list --data "$data" --json | grep -o '"state":"active"' | wc -l) == 2)); do
    kill -0 "${workers[@]}" || stop_and_give_up "a worker did not start; build/log/worker-*.log say why"
    sleep 0.3
  done
  "$kPier" workers list --data "$data"
}

# The server has its own session, so that Ctrl-C reaches this script alone, which then asks the server to stop.
start_server() { # HOST:PORT
  local log=build/log/serve-$$.log
  mkdir -p build/log "$data"
  : >"$log"
  setsid "$kPier" serve --listen "$1" --data "$data" ${serve_options[@]+"${serve_options[@]}"} >"$log" 2>&1 </dev/null &
  server=$!
  trap 'stop_server; exit 130' INT TERM
  trap stop_server EXIT
  until grep -q '^Pier serves' "$log"; do
    kill -0 "$server" 2>/dev/null || server_did_not_start "$log"
    sleep 0.1
  done
  cat "$log"
}

server_did_not_start() { # LOG
  server=''
  cat "$1" >&2
  rm -f "$1"
  give_up "the server did not start. ./dev up may run already in another terminal; if a program has the port, choose
another: ./dev up --listen 127.0.0.1:8090"
}

stop_server() {
  trap '' INT TERM
  if [[ -n ${client:-} ]] && kill -TERM "$client" 2>/dev/null; then wait "$client" || true; fi
  if [[ -n ${workers[*]:-} ]]; then
    kill -TERM "${workers[@]}" 2>/dev/null || true
    wait "${workers[@]}" || true
    workers=()
  fi
  if [[ -n ${server:-} ]]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
    tail -n 1 "build/log/serve-$$.log"
    rm -f "build/log/serve-$$.log"
    server=''
  fi
  if [[ -n ${peers:-} ]]; then
    python3 -B tests/peers/postgresql.py stop "$peers/postgresql" || true
    python3 -B tests/peers/rados_gateway.py stop "$peers/rados" || true
    peers=''
  fi
}

stop_and_give_up() {
  stop_server
  give_up "$@"
}

# The identifier of the demo's asset in STATE; empty when there is none.
demo_asset() { # STATE
  "$kPier" assets list --data "$data" --json | python3 -c '
import json, sys
title, state = sys.argv[1:]
ids = [a["id"] for a in json.load(sys.stdin)["assets"] if a["title"] == title and a["state"] == state]
print(ids[0] if ids else "")' "$kDemoTitle" "$1"
}

# Nothing is done twice: a published clip is shown, an interrupted job is followed to its end.
publish_demo() {
  local asset
  asset=$(demo_asset published)
  if [[ -n $asset ]]; then
    "$kPier" assets show "$asset" --data "$data"
    return
  fi
  interruptible "$kPier" publish --resume --data "$data" > >(grep -v '^nothing to resume$') ||
    stop_and_give_up "what an earlier call left could not be finished; ./dev up tries again"
  asset=$(demo_asset published)
  [[ -z $asset ]] || return 0
  say "" "publishing the clip with ladder demo; about six minutes on two cores"
  interruptible "$kPier" publish "$kDemoClip" --ladder demo --title "$kDemoTitle" --data "$data" ||
    stop_and_give_up "the clip was not published; what was done is kept, ./dev up goes on from there"
}

# In the background, so that a signal to this script is heard at once.
interruptible() {
  "$@" &
  client=$!
  wait "$client"
}
