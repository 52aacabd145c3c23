#!/bin/sh
# Holds the change population to git's own answers, on repositories that you name: landings, landings of each year, files
# and lines of each landing. Usage: benches/changes-counts.sh REPOSITORY...          WORKPAPER_BIN: a program that is built
# Ends with 1 where a landing or a file differs. Lines are counted by libgit2's diff: in how many landings they differ from
# git's is printed, and in how many a file was left uncounted as too large (files_uncounted says so).
set -eu
[ $# -ge 1 ] || { sed -n '2,6p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${WORKPAPER_BIN:-}" ]; then
    (cd "$here" && cargo build --release --quiet --bin workpaper)
fi
ours=${WORKPAPER_BIN:-$here/target/release/workpaper}
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_GRAFT_FILE=/dev/null
faults=0
for repository in "$@"; do
    git_() { git --no-replace-objects -c core.fsmonitor= -c core.hooksPath=/dev/null -c advice.graftFileDeprecated=false \
        -C "$repository" "$@"; }
    "$ours" changes --repo "$repository" --period 1971-01-01..2099-01-01 --format json > "$out/json"
    tip=$(sed -n 's/^ *"tip": "\([0-9a-f]*\)".*/\1/p' "$out/json" | head -1)
    number='{ gsub(/[^0-9]/, "", $2); return $2 }'
    awk -F': ' "function number() $number"'
        /^ *"commit": / { commit = $2; gsub(/[^0-9a-f]/, "", commit) }
        /^ *"files_changed": / { files = number() } /^ *"lines_added": / { added = number() }
        /^ *"lines_deleted": / { deleted = number() }
        /^ *"files_uncounted": / { print commit, files, added, deleted, number() }' "$out/json" | sort > "$out/ours"
    # What a partial copy lacks ends git's log: it is asked for the landings whose files are all here.
    cut -d' ' -f1 "$out/ours" | git_ log --no-walk --stdin --first-parent -m --numstat --no-renames --format='commit %H' | awk -F'\t' '
        function row() { if (commit != "") print commit, files, added, deleted, uncounted }
        /^commit / { row(); commit = substr($0, 8); files = added = deleted = uncounted = 0; next }
        NF >= 3 { files++; if ($1 == "-") uncounted++; else { added += $1; deleted += $2 } } END { row() }' |
        sort > "$out/git"
    "$ours" changes --repo "$repository" --period 1971-01-01..2099-01-01 --no-files --format csv | tr -d '\r' |
        grep -aE '^[^,]*:[0-9a-f]{12},' | cut -d, -f4 > "$out/listed"
    git_ rev-list --first-parent "$tip" | cmp - "$out/listed" >&2 || { echo "$repository: another list" >&2; faults=1; }
    years=0
    for year in $(git_ log --first-parent --format=%cs "$tip" | cut -c1-4 | sort -u); do
        listed=$("$ours" changes --repo "$repository" --no-files --period "$year-01-01..$((year + 1))-01-01" |
            sed -n 's/^  landings .* branch, \([0-9]*\) in the period$/\1/p')
        counted=$(git_ rev-list --count --first-parent --since-as-filter="$year-01-01T00:00:00Z" \
            --until="$year-12-31T23:59:59Z" "$tip")
        [ "$listed" = "$counted" ] || { echo "$repository $year: $listed listed, git has $counted" >&2; faults=1; }
        years=$((years + 1))
    done
    merges=$(git_ rev-list --count --first-parent --min-parents=2 "$tip")
    octopus=$(git_ rev-list --count --min-parents=3 "$tip")
    signed=$(git_ rev-list --first-parent "$tip" | git_ cat-file --batch='%(objectname)' --buffer |
        grep -ac '^gpgsig ' || true)
    join -a1 -a2 -e- -o 0,1.2,1.3,1.4,1.5,2.2,2.3,2.4,2.5 "$out/ours" "$out/git" | awk -v name="$repository" -v years=$years \
        -v merges="$merges" -v octopus="$octopus" -v signed="$signed" -v all="$(wc -l < "$out/listed")" '
        { landings++; files += $6; lines += $7 + $8
          if ($2 == "-" || $6 == "-") missing++
          else if ($2 != $6) wrong++
          else if ($5 > $9) limited++
          else if ($3 != $7 || $4 != $8 || $5 != $9) differ++ }
        END { printf "%s: %d landings (%d merges, %d octopus merges, %d signed) of %d years; of %d: %d files, %d lines\n", name, all,
                merges, octopus, signed, years, landings, files, lines
              printf "  landings of one side only %d, other files %d, other lines %d (%.2f %%); too large to count in full %d\n",
                missing, wrong, differ, 100 * differ / (landings + (landings == 0)), limited
              exit missing + wrong > 0 }' || faults=1
done
exit $faults
