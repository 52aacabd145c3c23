#!/bin/bash
# name: incident-response-credential-leak.sh
INCIDENT_ID=$(date +%s)
INCIDENT_LOG="/var/log/claude-code/incidents.log"
echo "{
\"incident_id\": \"$INCIDENT_ID\",
\"type\": \"credential_exposure\",
\"timestamp\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",
\"status\": \"investigating\",
\"actions_taken\": []
}" > "/tmp/incident-$INCIDENT_ID.json"
# Rotate all API keys
echo " Revoking API keys..."
# Call credential rotation service
# Archive audit logs for forensics
echo " Archiving audit logs..."
tar czf "/var/log/claude-code/incident-$INCIDENT_ID.tar.gz" \
/var/log/claude-code/*.log
echo " Incident $INCIDENT_ID logged"
