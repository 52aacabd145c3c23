#!/bin/sh
# Decisions per second of `workpaper simulate`, in one run beside what a person would use: a jq program that compares
# the commands with the deny rules as prefixes, and knows no shell, no path, no mode and no scope.
# Usage: benches/simulate.sh PROGRAM [LINES]
set -eu
program=${1:?the program to measure}
lines=${2:-50000}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The kept measurements as requests, over and over: neighbours share their settings, as in an audit of one host.
jq -c '.settings as $s | .calls.Bash // {} | to_entries[].value[] | strings
    | $s + {client: "2.1.197", home: "/c/home", cwd: "/c/proj", tool: "Bash", input: {command: .}}' \
    "$here"/../tests/measured/calls.jsonl "$here"/../tests/measured/shell.jsonl >"$work/once"
: >"$work/all"
while [ "$(wc -l <"$work/all")" -lt "$lines" ]; do cat "$work/once" >>"$work/all"; done
head -n "$lines" "$work/all" >"$work/in"

seconds() { # the wall time of a command, in seconds
    start=$(date +%s.%N)
    "$@" <"$work/in" >"$work/out"
    echo "$(date +%s.%N) $start" | awk '{printf "%.3f", $1 - $2}'
}

jq_matching() {
    jq -c '.input.command as $c | [(.user.permissions.deny // [])[], (.managed | objects | .permissions.deny // [])[]
        | strings | capture("^Bash\\((?<p>.*?)(:\\*| \\*)?\\)$").p] | if any(. as $p | $c | startswith($p)) then "deny" else "allow" end'
}

for run in 1 2 3; do
    ours=$(seconds "$program" simulate)
    [ "$(wc -l <"$work/out")" -eq "$lines" ] || { echo "answers are missing" >&2; exit 1; }
    theirs=$(seconds jq_matching)
    echo "$run $lines $ours $theirs" |
        awk '{printf "run %d: simulate %.0f decisions a second, jq %.0f, ratio %.1f\n", $1, $2 / $3, $2 / $4, $4 / $3}'
done
