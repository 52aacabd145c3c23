#!/bin/bash
# PreToolUse: no tool may reach credential files. Exit 2 blocks the call; silence leaves it to the rules and modes.
# Whatever this script cannot read or run, it blocks: a guard that is broken must not be an open door.
set -u
PATH=/usr/local/bin:/usr/bin:/bin
block() { printf 'Blocked: %s\n' "$1" >&2; exit 2; }
trap 'block "the credential guard failed"' ERR

command -v jq >/dev/null 2>&1 || block "the credential guard needs jq"
input=$(head -c 4194304) || block "the call could not be read"
# Every string of the tool's input, wherever it stands: paths, commands, globs, addresses, MCP arguments. Text that is
# only written (file contents, edits, prompts) names no file to be opened and is left alone.
strings=$(printf '%s' "$input" | jq -sr '
  if length != 1 or (.[0].tool_name | type) != "string" or (.[0].tool_input | type) != "object" then error("shape") else .[0] end
  | .tool_input | del(.content, .old_string, .new_string, .new_source, .prompt, .description, .todos)
  | [.. | strings] | join("\n")' 2>/dev/null) || block "the call is not a tool call"
shopt -s nocasematch
# A name is matched as a whole path segment, so that docs/app.env.md or keyboard.key.tsx stay readable.
edge_left='(^|[][:space:]/\\"'"'"'`=:,;(){}<>|&@*?!$-])'
edge_right='($|[][:space:]/\\"'"'"'`=:,;(){}<>|&*?!])'
names='\.env(\.(local|dev|development|prod|production|staging|test|ci|secret|secrets|vault|[a-z0-9_-]+\.local))?|\.envrc'
names+='|[^][:space:]/\\"'"'"'`=:,;(){}<>|&]*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|secret|asc|gpg)'
names+='|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.npmrc|\.pypirc|\.git-credentials|\.htpasswd|\.vault-token'
names+='|[^][:space:]/\\"'"'"'`=:,;(){}<>|&]*(credentials|service-account|firebase-key|secrets)[^][:space:]/\\"'"'"'`=:,;(){}<>|&]*\.(json|ya?ml|toml|xml|ini)'
folders='\.aws/(credentials|config)|\.kube/config|\.docker/config\.json|\.ssh|\.gnupg|\.azure|gcloud/[^[:space:]]*\.(json|db)|vault|secrets|private'
while IFS= read -r string; do
  [[ $string =~ ${edge_left}(${names})${edge_right} ]] && block "access to credential files (${BASH_REMATCH[2]})"
  [[ $string =~ (^|[[:space:]/\\\"\'=~])(${folders})(/|$|[[:space:]\"\']) ]] && block "access to a credential folder (${BASH_REMATCH[2]})"
done <<<"$strings"
exit 0
