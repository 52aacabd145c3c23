#!/bin/sh
# Measures the change population and the history scan against git's own commands, on a repository that you name.
# Usage: benches/changes.sh REPOSITORY [ROUNDS]
# Answers are compared first; what does not agree is not timed. Ratios are medians of CPU time, round by round.
set -eu
[ $# -ge 1 ] || { sed -n '2,5p' "$0"; exit 2; }
repository=$(cd "$1" && pwd) rounds=${2:-5}
cd "$(dirname "$0")/.."
cargo build --release --quiet --bin workpaper --example history_scan
ours=target/release/workpaper scan=target/release/examples/history_scan
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git_() { git --no-replace-objects -c core.fsmonitor= -c core.hooksPath=/dev/null -C "$repository" "$@"; }
period=1971-01-01..2099-01-01 all='%H%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00'
tip=$("$ours" changes --repo "$repository" --period $period --no-files --format json |
    sed -n 's/^ *"tip": "\([0-9a-f]*\)".*/\1/p' | head -1)

listed=$("$ours" changes --repo "$repository" --period $period --no-files --format csv | tr -d '\r' | tail -n +2 | grep -cE '^[^,]*:[0-9a-f]{12},' || true)
counted=$(git_ rev-list --first-parent --count "$tip")
[ "$listed" = "$counted" ] || { echo "the list has $listed landings, git counts $counted: nothing is timed" >&2; exit 1; }
echo "repository: $counted landings, $(git_ rev-list --count HEAD) commits; load $(cut -d' ' -f1 /proc/loadavg); $(git --version)"

# CPU seconds (user and system, children too) and wall seconds of one run.
timed() {
    { TIMEFORMAT='%U %S %R' bash -c 'time "$@" > "$0"' "$out/answer" sh -c "$2" ; } 2> "$out/time" || true
    tail -1 "$out/time" | awk '{ printf "%.3f %.3f\n", $1 + $2, $3 }' >> "$out/$1"
}
compare() {
    rm -f "$out/a" "$out/b"
    round=0
    while [ $round -lt "$rounds" ]; do
        timed a "$2"; timed b "$3"; round=$((round + 1))
    done
    paste -d' ' "$out/a" "$out/b" | awk '{ print $1 / ($3 + 0.0001), $2 / ($4 + 0.0001), $1, $3 }' | sort -n |
        awk -v name="$1" '{ row[NR] = $0 } END { split(row[int((NR + 1) / 2)], m, " ");
            printf "%-28s cpu %.2f  wall %.2f  (%.2f s against %.2f s)\n", name, m[1], m[2], m[3], m[4] }'
}
shell_functions="ours='$ours' scan='$scan' repository='$repository' period='$period' all='$all' tip='$tip'
git_() { git --no-replace-objects -c core.fsmonitor= -c core.hooksPath=/dev/null -C \"\$repository\" \"\$@\"; }"
compare "metadata" "$shell_functions
\$ours changes --repo \$repository --period \$period --no-files --format csv" "$shell_functions
git_ log --first-parent --format=\"\$all\" \$tip"
compare "metadata, files, lines" "$shell_functions
\$ours changes --repo \$repository --period \$period --format csv" "$shell_functions
git_ log --first-parent -m --numstat --no-renames --format=\"\$all\" \$tip"
compare "secrets in history" "$shell_functions
\$scan \$repository" "$shell_functions
git_ log -p HEAD | grep -aciE 'PRIVATE.*KEY|PASSWORD.*=|APIKEY|api.key|secret_access_key|aws_secret|postgresql://.*:.*@|mongodb+srv://.*:.*@'"
/usr/bin/time -f 'peak memory of the scan: %M KiB' "$scan" "$repository" 2>&1 || true
