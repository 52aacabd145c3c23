#!/usr/bin/env bash
# Reads one generated log with Workpaper and with the tools a user would take instead, in one run on one machine.
# Verifies Workpaper's answers against the generator's ledger first; prints CPU seconds, peak memory, and ratios.
# usage: benches/logs.sh [BYTES] [ROUNDS]      (needs GNU time and jq; duckdb and rg are used where they are installed:
# `pip install duckdb-cli` gives a duckdb that counts). What grep costs depends on the locale and on how often the word
# stands there: it is run as the user's own locale has it, in C and in C.UTF-8, for a rare word, a frequent one, an absent
# one, and the guide's, which stands on every line.
set -euo pipefail
bytes=${1:-300000000}
rounds=${2:-3}
bin=${BENCH_BIN:-target/release/examples}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -x "$bin/bench_logs" ] || cargo build --release --examples

cost() { # name, then the command; the median of CPU seconds goes to $work/cpu.NAME
  local name=$1 n; shift
  : > "$work/runs"
  for ((n = 0; n < rounds; n++)); do
    command time -a -o "$work/runs" -f '%U %S %M' "$@" > "$work/out" 2> /dev/null || true
  done
  grep -v '^Command' "$work/runs" | awk '{print $1 + $2, $3}' | sort -n | awk '{c[NR] = $1; if ($2 > m) m = $2} END {print c[int((NR + 1) / 2)], m}' > "$work/cpu.$name"
  awk -v n="$name" '{printf "%-34s %8.2f s cpu %9d KiB\n", n, $1, $2}' "$work/cpu.$name"
}
ratio() { awk -v a="$(cut -d' ' -f1 "$work/cpu.$1")" -v b="$(cut -d' ' -f1 "$work/cpu.$2")" -v t="$3" 'BEGIN {if (b > 0) printf "%-60s %6.2f\n", t, a / b}'; }

for form in lines guide; do
  size=$bytes; [ $form = guide ] && size=$((bytes / 3))
  "$bin/generate_log" $form "$size" 1 > "$work/$form.log" 2> "$work/$form.ledger"
  "$bin/bench_logs" "$work/$form.log" > "$work/$form.answers"
  if ! cmp -s <(jq -S . "$work/$form.answers") <(jq -S . "$work/$form.ledger"); then
    echo "the answers on $form differ from the ledger: nothing is timed" >&2
    diff <(jq -S . "$work/$form.answers") <(jq -S . "$work/$form.ledger") | head -40 >&2
    exit 1
  fi
  echo "$form: $(stat -c %s "$work/$form.log") bytes, all answers equal the ledger"
done
grep --version | head -1; jq --version; command -v duckdb > /dev/null && duckdb --version
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"

lines=$work/lines.log
cost ours_1_thread "$bin/bench_logs" "$lines" --threads 1
cost ours_2_threads "$bin/bench_logs" "$lines" --threads 2
cost ours_guide_form "$bin/bench_logs" "$work/guide.log" --threads 1
cost read_and_count_lines wc -l "$lines"
# A rare word, a frequent one, one that is not there, and the one on every line that the guide greps for: what grep costs
# depends on it.
for word in deny Bash bypassPermissions user; do
  cost "grep_c_$word" grep -c $word "$lines"
  for locale in C C.UTF-8; do cost "grep_c_${word}_$locale" env LC_ALL=$locale grep -c $word "$lines"; done
done
# jq -s holds the whole file in memory and stops at the first broken record: it gets a fifth, cleaned beforehand.
head -c $((bytes / 5)) "$lines" | jq -cR 'fromjson? | select(type == "object")' > "$work/fifth.log"
cost ours_clean_fifth "$bin/bench_logs" "$work/fifth.log" --threads 1
cost guide_grep_jq_s_fifth bash -c "grep '\"user\":' '$work/fifth.log' | jq -s 'group_by(.user) | map({user: .[0].user, count: length})'"
if command -v rg > /dev/null; then cost rg_c_deny rg -c deny "$lines"; else echo "rg: not installed"; fi
# The same aggregates, and the patterns as far as regular expressions reach: no check digits, no places, no time order.
cat > "$work/duckdb.sql" << SQL
SET threads = 2;
CREATE TEMP TABLE log AS SELECT * FROM read_json('$lines', format = 'newline_delimited', ignore_errors = true, columns = {
  timestamp: 'VARCHAR', session_id: 'VARCHAR', user: 'VARCHAR', tool: 'VARCHAR', tool_use_id: 'VARCHAR', permission_mode: 'VARCHAR',
  decision: 'VARCHAR', tool_input: 'JSON', output_length: 'BIGINT', status: 'VARCHAR', version: 'VARCHAR'});
SELECT timestamp[:10] AS day, user, tool, decision, permission_mode, status, version, count(*) FROM log GROUP BY GROUPING SETS
  ((day, user), (day, tool), (day, decision), (day, permission_mode), (day, status), (day, version));
SELECT count(*) FILTER (decision = 'deny'), count(*) FILTER (permission_mode = 'bypassPermissions'), count(DISTINCT session_id) FROM log;
SELECT user, count(*) FROM log WHERE tool = 'Bash' AND regexp_matches(tool_input ->> 'command',
  'rm |chmod .*777|push .*--force|\| *(ba)?sh|dd .*of=|reset --hard|mkfs|shred') GROUP BY user;
SELECT user, count(*) FROM log WHERE regexp_matches(tool_input::VARCHAR,
  'AKIA[A-Z2-7]{16}|[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{13,16}|MRN[ #:=-]{0,4}[0-9]{6,12}|gh[posru]_[A-Za-z0-9]{36,255}|PRIVATE KEY|(postgres(ql)?|mysql|mongodb|redis|amqp)://[^ ]*:[^ ]*@|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}|\(?[0-9]{3}\)?[ .-][0-9]{3}[.-][0-9]{4}|(DOB|date_of_birth)[ :=]+[0-9]|sk-ant-|hvs\.|xox[abprs]-|glpat-|AIza|[sr]k_live_|eyJ[A-Za-z0-9_-]+\.eyJ|[pP]assword=|[bB]earer |IBAN|[pP]atient|[mM]ember [iI][dD]|ICD-?10')
  GROUP BY user;
SQL
if command -v duckdb > /dev/null; then cost duckdb_the_same duckdb -f "$work/duckdb.sql"; else echo "duckdb: not installed"; fi

echo "locale: LC_ALL=${LC_ALL:-} LC_CTYPE=${LC_CTYPE:-} LANG=${LANG:-}"
ratio read_and_count_lines grep_c_deny "CPU, wc -l / grep -c deny: 1 is a grep that only reads"
for word in deny Bash bypassPermissions user; do
  ratio ours_1_thread "grep_c_$word" "CPU, everything in one pass / grep -c $word"
  for locale in C C.UTF-8; do
    ratio ours_1_thread "grep_c_${word}_$locale" "CPU, everything in one pass / LC_ALL=$locale grep -c $word"
  done
done
[ -f "$work/cpu.duckdb_the_same" ] && ratio duckdb_the_same ours_2_threads "CPU, DuckDB / everything, two threads each"
ratio guide_grep_jq_s_fifth ours_clean_fifth "CPU, the guide's grep | jq -s (one question) / everything"
awk -v a="$(cut -d' ' -f1 "$work/cpu.ours_1_thread")" -v b="$(cut -d' ' -f1 "$work/cpu.ours_guide_form")" -v n="$(stat -c %s "$lines")" -v m="$(stat -c %s "$work/guide.log")" \
  'BEGIN {printf "%-60s %6.2f\n", "speed on the guide'"'"'s form / speed on JSON Lines", (m / b) / (n / a)}'
