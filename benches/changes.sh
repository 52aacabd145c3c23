#!/bin/sh
# Measures the change population and the history scan against git's own commands, on a repository that you name.
# Usage: benches/changes.sh REPOSITORY [ROUNDS]          WORKPAPER_BIN and HISTORY_SCAN: programs that are built already
# Answers are compared first; what does not agree is not timed. Ratios are medians of CPU time, round by round.
# Objects that a partial clone lacks would end git's log early: their paths are left out of git's work, not of ours.
set -eu
[ $# -ge 1 ] || { sed -n '2,6p' "$0"; exit 2; }
repository=$(cd "$1" && pwd) rounds=${2:-5}
cd "$(dirname "$0")/.."
if [ -z "${WORKPAPER_BIN:-}" ] || [ -z "${HISTORY_SCAN:-}" ]; then
    cargo build --release --quiet --bin workpaper --example history_scan
fi
ours=${WORKPAPER_BIN:-target/release/workpaper} scan=${HISTORY_SCAN:-target/release/examples/history_scan}
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git_() { git --no-replace-objects -c core.fsmonitor= -c core.hooksPath=/dev/null -C "$repository" "$@"; }
# Every field that ours reads of a commit: names as written and as .mailmap has them, times, the message, its trailers.
period=1971-01-01..2099-01-01
all='%H%x00%P%x00%an%x00%ae%x00%aN%x00%aE%x00%aI%x00%cn%x00%ce%x00%cN%x00%cE%x00%cI%x00%B%x00%(trailers:only,unfold)%x00'
tip=$("$ours" changes --repo "$repository" --period $period --no-files --format json |
    sed -n 's/^ *"tip": "\([0-9a-f]*\)".*/\1/p' | head -1)

"$ours" changes --repo "$repository" --period $period --no-files --format csv > "$out/list"
listed=$(tr -d '\r' < "$out/list" | tail -n +2 | grep -cE '^[^,]*:[0-9a-f]{12},' || true)
counted=$(git_ rev-list --first-parent --count "$tip")
[ "$listed" = "$counted" ] || { echo "the list has $listed landings, git counts $counted: nothing is timed" >&2; exit 1; }
echo "repository: $counted landings, $(git_ rev-list --count HEAD) commits; load $(cut -d' ' -f1 /proc/loadavg); $(git --version)"

git_ rev-list --objects --missing=print HEAD | sed -n 's/^?//p' > "$out/missing"
{ echo .; git_ log --raw --no-abbrev -m --no-renames --format= HEAD | awk -F'[ \t]' -v list="$out/missing" '
    BEGIN { while ((getline id < list) > 0) gone[id] }
    ($3 in gone) || ($4 in gone) { sub(/^[^\t]*\t/, ""); print ":(exclude,literal)" $0 }' | sort -u; } > "$out/paths"
echo "objects missing from this clone: $(wc -l < "$out/missing"), of $(($(wc -l < "$out/paths") - 1)) paths"

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
            printf "%-42s cpu %.2f  wall %.2f  (%.2f s against %.2f s)\n", name, m[1], m[2], m[3], m[4] }'
}
shell_functions="ours='$ours' scan='$scan' repository='$repository' period='$period' all='$all' tip='$tip' paths='$out/paths'
git_() { git --no-replace-objects -c core.fsmonitor= -c core.hooksPath=/dev/null -C \"\$repository\" \"\$@\"; }"
our_list="$shell_functions
\$ours changes --repo \$repository --period \$period --format csv"
# What git prints for the same fields of a commit: no files, so ours looks at none.
compare "metadata / log" "$shell_functions
\$ours changes --repo \$repository --period \$period --no-files --format csv" "$shell_functions
git_ log --first-parent --format=\"\$all\" \$tip"
# The same with the files of each landing. Ours always counts lines too, so the first row asks more of us than of git.
compare "metadata, files, lines / log --name-only" "$our_list" "$shell_functions
git_ log --first-parent -m --name-only --no-renames --format=\"\$all\" \$tip"
compare "metadata, files, lines / log --numstat" "$our_list" "$shell_functions
tr '\n' '\0' < \$paths | xargs -0 git --no-replace-objects -C \$repository log --first-parent -m --numstat --no-renames --format=\"\$all\" \$tip --"
guide="PRIVATE.*KEY|PASSWORD.*=|APIKEY|api.key|secret_access_key|aws_secret|postgresql://.*:.*@|mongodb+srv://.*:.*@"
compare "secrets in history / log -p | grep" "$shell_functions
\$scan \$repository" "$shell_functions
tr '\n' '\0' < \$paths | xargs -0 git --no-replace-objects -C \$repository log -p HEAD -- | grep -aciE '$guide'"
if command -v gitleaks > /dev/null 2>&1; then
    compare "secrets in history / gitleaks" "$shell_functions
\$scan \$repository" "$shell_functions
gitleaks git --no-banner --log-level error --exit-code 0 --redact \$repository"
else
    echo "gitleaks is not installed here: not compared"
fi

# The program's own memory, and the pack files that the system maps for it and takes back when it needs the room.
"$scan" "$repository" > "$out/answer" & process=$!
own=0 mapped=0
while [ -r "/proc/$process/status" ] && kill -0 $process 2> /dev/null; do
    now=$(awk '/RssAnon/ { a = $2 } /RssFile/ { f = $2 } END { print a + 0, f + 0 }' "/proc/$process/status" 2> /dev/null || echo 0 0)
    [ "${now% *}" -le $own ] || own=${now% *}
    [ "${now#* }" -le $mapped ] || mapped=${now#* }
    sleep 0.05
done
cat "$out/answer"
echo "peak memory of the scan: $((own / 1024)) MiB own, $((mapped / 1024)) MiB of mapped pack files"
