#!/usr/bin/env bash
# A first round through completengine: a week of real earthquakes goes in, is followed, re-told and inspected. Leaves tour.codex to play with.
set -euo pipefail
cd "$(dirname "$0")/.."
export COMPLETENGINE_LEDGER=./tour.codex

say() { printf '\n\033[1m$ %s\033[0m\n' "$*" >&2; }
completengine() {
  say completengine "$@"
  ./bin/run.js "$@"
}

rm -f tour.codex tour.codex-wal tour.codex-shm
completengine init --partition hash:properties.net --time properties.time
completengine emit fixtures/earthquakes.jsonl
completengine tail p1 -n 3 -o pretty
completengine replay --from 2018-02-03 --through 2018-02-03
completengine inspect
completengine inspect --verify
