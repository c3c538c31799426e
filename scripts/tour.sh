#!/usr/bin/env bash
# A tour of completengine: commits a week of real earthquakes, tails, replays and inspects them. Leaves tour.codex for your own experiments.
set -euo pipefail
cd "$(dirname "$0")/.."
export COMPLETENGINE_LEDGER=./tour.codex

say() { printf '\n\033[1m$ %s\033[0m\n' "$*" >&2; }
completengine() {
  say "completengine$(printf ' %q' "$@")"
  ./bin/run.js "$@"
}

rm -f tour.codex tour.codex-wal tour.codex-shm
completengine init --routing hash:properties.net --time properties.time
completengine emit fixtures/earthquakes.jsonl
completengine tail p1 -n 3 -o pretty | cut -c 1-100
completengine replay 2018-02-03 --where 'properties.mag>=4.5' -o pretty | cut -c 1-100
say 'completengine replay --quiet | cmp - fixtures/earthquakes.jsonl && echo identical'
./bin/run.js replay --quiet | cmp - fixtures/earthquakes.jsonl && echo identical
completengine inspect
completengine inspect --verify
printf '\nNext steps: npm link, then  export COMPLETENGINE_LEDGER=%q  and  completengine replay 2018-02-03 --speed 3600\n' "$PWD/tour.codex" >&2
