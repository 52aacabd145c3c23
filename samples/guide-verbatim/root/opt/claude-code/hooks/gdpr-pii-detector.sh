#!/bin/bash
# name: gdpr-pii-detector.sh
# PreToolUse: Detect PII in inputs and flag for review
INPUT=$(cat)
# PII patterns
PII_PATTERNS=(
'name[:\s]*[A-Z][a-z]+ [A-Z]'
'email[:\s]*[a-z0-9._%+-]+@'
'phone[:\s]*\+?[0-9\s().-]{10,}'
'address[:\s]*[0-9]+ .{5,}'
)
for pattern in "${PII_PATTERNS[@]}"; do
if echo "$INPUT" | grep -qiE "$pattern"; then
echo "{
\"warning\": \"PII detected in input\",
\"pattern\": \"$pattern\",
\"user_confirmation_required\": true
}"
exit 1
fi
done
echo '{"decision": "approve"}'
