#!/usr/bin/env bash
# Reads logs of hostile shapes and prints the peak memory of each reading; fails where one takes more than 30 MB.
# usage: benches/log-memory.sh [RECORDS]      (needs GNU time; BENCH_BIN names the folder of the built examples)
set -euo pipefail
records=${1:-1000000}
bin=${BENCH_BIN:-target/release/examples}
limit=$((30 * 1000 * 1000 / 1024))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -x "$bin/bench_logs" ] || cargo build --release --examples

# Every name of every kind is new, on as many days as are kept.
distinct() {
  awk -v n="$records" 'BEGIN {long = sprintf("%120s", ""); gsub(/ /, "x", long)
    for (i = 0; i < n; i++) {
      m = i % 7919
      printf "{\"timestamp\":\"%d-%02d-%02dT10:00:00Z\",\"user\":\"%s%d\",\"tool\":\"t%d%s\",\"session_id\":\"s%d\",\"tool_use_id\":\"c%d\",\"permission_mode\":\"%s%d\",\"decision\":\"%s%d\",\"version\":\"%s%d\",\"status\":\"%s%d\",\"event\":\"%s%d\",\"tool_input\":{\"file_path\":\"/p/%s%d\"}}\n",
        2020 + i % 6, 1 + i % 12, 1 + i % 28, long, m, m, long, i, i, long, m, long, m, long, m, long, m, long, m, long, i}}'
}
# Every person on every day: the most counts by name and day.
crossed() {
  awk -v n="$records" 'BEGIN {for (i = 0; i < n; i++)
    printf "{\"timestamp\":\"%d-%02d-%02dT10:00:00Z\",\"user\":\"user-%d\",\"tool\":\"tool-%d\",\"permission_mode\":\"mode-%d\",\"version\":\"2.1.%d\",\"status\":\"status-%d\"}\n",
      2024 + i % 2, 1 + i % 12, 1 + i % 28, i / 331 % 1500, i / 331 % 400, i / 331 % 400, i / 331 % 400, i / 331 % 400}'
}
# Sessions and calls without end.
sessions() {
  awk -v n="$records" 'BEGIN {for (i = 0; i < n; i++)
    printf "{\"timestamp\":\"2026-07-%02dT10:00:00Z\",\"user\":\"u\",\"tool\":\"Bash\",\"session_id\":\"%d\",\"tool_use_id\":\"%d\",\"permission_mode\":\"default\"}\n", 1 + i * 28 / n, i, i}'
}
# Requests of many people on many days: the most rows of cost.
costs() {
  awk -v n="$records" 'BEGIN {for (i = 0; i < n; i++)
    printf "{\"timestamp\":\"2026-%02d-%02dT10:00:00Z\",\"user\":\"u%d\",\"event.name\":\"api_request\",\"cost_usd\":0.5,\"input_tokens\":7}\n", 1 + i % 12, 1 + i % 28, i / 337 % 1500}'
}
# Four lines of 100 MB, in a file that is read in parts by two threads.
long_lines() {
  for _ in 1 2 3 4; do
    printf '{"timestamp":"2026-07-01T10:00:00Z","user":"u","tool":"Read","tool_input":{"text":"'
    head -c 100000000 /dev/zero | tr '\0' 'x'
    printf '"}}\n{"timestamp":"2026-07-01T10:00:01Z","user":"u","tool":"Read"}\n'
  done
}
# Many records just as long as a record may be.
large_records() {
  for _ in $(seq 40); do
    printf '{"timestamp":"2026-07-01T10:00:00Z","user":"u","tool":"Read","tool_input":{"text":"'
    head -c 6200000 /dev/zero | tr '\0' 'x'
    printf '"}}\n'
  done
}

failed=0
for shape in distinct crossed sessions costs long_lines large_records; do
  $shape > "$work/audit.log"
  command time -o "$work/cost" -f '%M %U %S' "$bin/bench_logs" "$work/audit.log" --threads 2 > "$work/answers"
  awk -v s=$shape -v l=$limit -v b="$(stat -c %s "$work/audit.log")" -v r="$(jq '"\(.records) read, \(.refused) refused"' "$work/answers")" \
    '{printf "%-14s %11d bytes  %6d KiB peak  %6.2f s cpu  %s%s\n", s, b, $1, $2 + $3, r, ($1 > l ? "  TOO MUCH" : "")}' "$work/cost"
  [ "$(cut -d' ' -f1 "$work/cost")" -le $limit ] || failed=1
done
exit $failed
