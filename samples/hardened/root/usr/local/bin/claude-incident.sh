#!/bin/bash
# Opens an incident: one line in the register, then the credentials of this workstation are revoked. Run as root.
set -euo pipefail
kind=${1:?what happened, such as credential_exposure}
id=$(cat /proc/sys/kernel/random/uuid)
jq -nc --arg id "$id" --arg kind "$kind" --arg by "${SUDO_USER:-$(id -un)}" \
  '{incident: $id, type: $kind, opened: (now | todate), by: $by, status: "investigating"}' \
  >> /var/log/claude-code/incidents.log
export VAULT_ADDR=https://vault.corp.example:8200
vault token revoke -self
logger -t claude-incident -p local6.crit "incident $id opened: $kind"
