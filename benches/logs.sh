#!/usr/bin/env bash
# Reads one generated log with Workpaper and with the tools a user would take instead, in one run on one machine.
# Verifies Workpaper's answers against the generator's ledger first; prints CPU seconds, peak memory, and ratios.
# usage: benches/logs.sh [BYTES] [ROUNDS]      (needs GNU time; jq, duckdb and rg are used where they are installed)
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
grep --version | head -1; jq --version
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"

lines=$work/lines.log
cost ours_1_thread "$bin/bench_logs" "$lines" --threads 1
cost ours_2_threads "$bin/bench_logs" "$lines" --threads 2
cost ours_guide_form "$bin/bench_logs" "$work/guide.log" --threads 1
cost read_and_count_lines wc -l "$lines"
cost grep_c_deny grep -c deny "$lines"
cost grep_c_Bash grep -c Bash "$lines"
cost grep_cE_three_words grep -cE 'deny|bypassPermissions|rm -rf' "$lines"
# jq -s holds the whole file in memory and stops at the first broken record: it gets a fifth, cleaned beforehand.
head -c $((bytes / 5)) "$lines" | jq -cR 'fromjson? | select(type == "object")' > "$work/fifth.log"
cost ours_clean_fifth "$bin/bench_logs" "$work/fifth.log" --threads 1
cost guide_grep_jq_s_fifth bash -c "grep '\"user\":' '$work/fifth.log' | jq -s 'group_by(.user) | map({user: .[0].user, count: length})'"
command -v rg > /dev/null && cost rg_c_deny rg -c deny "$lines"
command -v duckdb > /dev/null && cost duckdb_users_days duckdb -c "SELECT user, timestamp[:10], count(*) FROM read_json('$lines', format='newline_delimited', ignore_errors=true) GROUP BY ALL"
ratio ours_1_thread grep_c_deny "CPU, everything in one pass / grep -c deny"
ratio ours_1_thread grep_c_Bash "CPU, everything in one pass / grep -c Bash"
ratio guide_grep_jq_s_fifth ours_clean_fifth "CPU, the guide's grep | jq -s (one question) / everything"
awk -v a="$(cut -d' ' -f1 "$work/cpu.ours_1_thread")" -v b="$(cut -d' ' -f1 "$work/cpu.ours_guide_form")" -v n="$(stat -c %s "$lines")" -v m="$(stat -c %s "$work/guide.log")" \
  'BEGIN {printf "%-60s %6.2f\n", "speed on the guide'"'"'s form / speed on JSON Lines", (m / b) / (n / a)}'
