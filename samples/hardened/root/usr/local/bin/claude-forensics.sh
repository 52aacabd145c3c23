#!/bin/bash
# Who met a leaked value, and when. The value comes on standard input and is never printed.
set -euo pipefail
grep -hF -f - /var/log/claude-code/audit.log | jq -rR 'fromjson? | [.time, .user, .tool] | @tsv'
