#!/bin/bash
# name: hipaa-output-sanitizer.sh
# PostToolUse: Scan outputs for PHI patterns
INPUT=$(cat)
OUTPUT=$(echo "$INPUT" | jq -r '.tool_result' 2>/dev/null)
# Common PHI patterns
PHI_PATTERNS=(
'[0-9]{3}-[0-9]{2}-[0-9]{4}' # SSN
'[0-9]{16,19}' # Credit card
'MRN[:\s]*[0-9]{6,12}' # Medical Record Number
)
for pattern in "${PHI_PATTERNS[@]}"; do
if echo "$OUTPUT" | grep -qE "$pattern"; then
echo "{
\"warning\": \"PHI pattern detected in output\",
\"pattern\": \"$pattern\",
\"action\": \"sanitize\"
}"
# Do not output the matched text
exit 1
fi
done
