#!/usr/bin/env bash
# Times `workpaper check` as a whole process on a small deployment and on a repository of 16,000 files, beside what a
# person would run instead in the same place: a recursive grep for the settings that matter. Prints medians of wall
# time, the peak memory of ours, and the ratio. Goals: 50 ms, 1 s, 150 MB.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${RUNS:-9}
cargo build --release --locked --quiet
workpaper=${CARGO_TARGET_DIR:-target}/release/workpaper
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

# Median wall milliseconds and peak megabytes of a command, after one run that warms the caches.
measure() {
  local start
  "$@" >"$scratch/out" 2>&1 || true
  for _ in $(seq "$runs"); do
    start=${EPOCHREALTIME/./}
    /usr/bin/env time -f '%M' -o "$scratch/peak" "$@" >"$scratch/out" 2>&1 || true
    echo "$((${EPOCHREALTIME/./} - start)) $(tail -n 1 "$scratch/peak")"
  done | sort -n | awk '{ wall[NR] = $1; if ($2 > peak) peak = $2 } END { printf "%.1f %d\n", wall[int((NR + 1) / 2)] / 1000, peak / 1024 }'
}

row() { # name, ours…, --, theirs…
  local name=$1 ours=() theirs=()
  shift
  while [[ $1 != -- ]]; do ours+=("$1"); shift; done
  shift
  theirs=("$@")
  read -r mine peak < <(measure "${ours[@]}")
  read -r other _ < <(measure "${theirs[@]}")
  printf '%-34s %7.1f ms %4d MB   grep %6.1f ms   ratio %s\n' "$name" "$mine" "$peak" "$other" \
    "$(awk -v a="$mine" -v b="$other" 'BEGIN { printf b ? "%.1f" : "-", b ? a / b : 0 }')"
}

repository=$scratch/large
mkdir -p "$repository"
git -C "$repository" init -q
for folder in $(seq 160); do
  mkdir -p "$repository/src/part$folder"
  for file in $(seq 100); do
    printf 'export const value = %d;\n' "$file" >"$repository/src/part$folder/file$file.ts"
  done
done
mkdir -p "$repository/.claude" && cp samples/hardened/repos/shop/.claude/settings.json "$repository/.claude/"
git -C "$repository" add -A
git -C "$repository" -c user.name=Dana -c user.email=dana@example.org commit -q -m 'Start'

as_of=(--as-of 2026-10-01T09:00:00Z --period 2026-Q3)
row 'a small deployment' "$workpaper" check "${as_of[@]}" --root samples/guide-verbatim/root --repo samples/guide-verbatim/repos/shop \
  -- grep -rnE 'permissions|hooks' samples/guide-verbatim
row 'a hardened host with its log' "$workpaper" check "${as_of[@]}" --root samples/hardened/root -- grep -rnE 'permissions|hooks' samples/hardened
row 'a repository of 16,000 files' "$workpaper" check "${as_of[@]}" --root samples/hardened/root --repo "$repository" \
  -- grep -rnE 'permissions|hooks' "$repository"
