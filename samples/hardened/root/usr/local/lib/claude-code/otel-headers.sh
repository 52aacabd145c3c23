#!/bin/bash
# Prints the telemetry headers as JSON. The token lives in Vault and is short-lived; nothing of it is stored.
set -euo pipefail
export VAULT_ADDR=https://vault.corp.example:8200
vault read -format=json identity/oidc/token/claude-telemetry | jq -c '{Authorization: ("Bearer " + .data.token)}'
