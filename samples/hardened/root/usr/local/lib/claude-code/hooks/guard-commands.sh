#!/bin/bash
# PreToolUse: no shell command may destroy data, open permissions or send data to unknown hosts. Exit 2 blocks.
set -u
PATH=/usr/local/bin:/usr/bin:/bin
block() { printf 'Blocked: %s\n' "$1" >&2; exit 2; }
trap 'block "the command guard failed"' ERR

command -v jq >/dev/null 2>&1 || block "the command guard needs jq"
input=$(head -c 4194304) || block "the call could not be read"
# One line with the tool's name; below it the command of a tool that runs one.
call=$(printf '%s' "$input" | jq -er '
  (.tool_name | strings | select(length > 0)) as $tool
  | if $tool == "Bash" or $tool == "PowerShell" or $tool == "Monitor"
    then "\($tool)\n\(.tool_input.command | strings)" else "other\n" end
  ' 2>/dev/null) || block "the call is not a tool call, or its command could not be read"
[[ -n $call ]] || block "the call is not a tool call"
[[ $call == other ]] && exit 0
line=${call#*"${call%%$'\n'*}"}
line=${line#$'\n'}
(( ${#line} <= 10000 )) || block "the command is too long to be checked"
shopt -s nocasematch
# Quotes and backslashes inside a word (r""m, \rm) are how a name is hidden; they are dropped before matching, as are
# the other names of white space.
plain=${line//[\"\'\\]/}
plain=${plain//\$\{IFS\}/ }
plain=${plain//\$IFS/ }
plain=${plain//[$'\t\r']/ }
plain=${plain//$'\n'/;}
# Where a command's name stands: at the start or after an operator, behind assignments and the wrappers that run it.
wrapper='[a-z_][a-z0-9_]*=[^ ]*|then|do|else|elif|if|while|until|!|env|command|builtin|exec|nohup|nice|time|timeout|xargs'
wrapper+='|busybox|watch|setsid|stdbuf|ionice|noglob|flock|script|-[^ ]*|[0-9.]+[smhd]?|\{\}'
at="(^|[;&|(){}\`]) *(($wrapper) +)*([^ ;&|()]*/)?"
to='($|[] ;&|(){}`<>])'
refuse() { [[ $plain =~ $at($1)$to ]] && block "$2 (${BASH_REMATCH[5]%% *})"; return 0; }
refuse 'rm|rmdir|unlink|shred|srm|wipefs|mkfs(\.[a-z0-9]+)?|mke2fs|mkswap|fdisk|sfdisk|parted|dd|truncate|blkdiscard|rimraf|remove-item' 'a destructive command'
refuse 'sudo|doas|su|pkexec|runuser' "another user's rights"
refuse 'curl|wget|nc|ncat|netcat|socat|scp|sftp|ftp|telnet|rsync|ssh|dig|nslookup' 'a network transfer outside the proxy'
refuse 'chmod +[^;&|]*([0-7]?[0-7][0-7][2367]|[augo]*[ao][augo]*[+=][rxst]*w[a-z]*|\+[rxst]*w[a-z]*)' 'permissions for everybody'
refuse '(chown|chgrp) +[^;&|]*-[a-z]*r[^;&|]*' 'a recursive change of owner'
refuse 'find +[^;|]* -(delete|exec|execdir|ok|okdir|fprint)[^;|]*' 'find that deletes or runs commands'
refuse 'git +[^;&|]*(push +[^;&|]*(--force|-f|--mirror|--delete|\+)[^;&|]*|reset +[^;&|]*--hard[^;&|]*|clean +[^;&|]*-[a-z]*f[^;&|]*|filter-branch[^;&|]*|update-ref +-d[^;&|]*)' 'git that rewrites or deletes'
refuse 'git +[^;&|]*(--no-verify|core\.hookspath|commit +[^;&|]*-[a-z]*n)[^;&|]*' 'git that skips its hooks'
refuse '(ba|z|k|da|a|fi)?sh +(-[a-z]+ +)*-[a-z]*c[^;&|]*|eval' 'a command inside a string cannot be checked'
[[ $plain =~ ${at}(ba|z|k|da|a|fi)?sh( +-[a-z]+)*\ *($|[\;\&|\<\)}]) ]] && block "a shell fed from elsewhere cannot be checked"
refuse '(python[0-9.]*|perl|ruby|node|deno|bun|php) +([^;&|]* )?-(c|e|r|p|-eval|-print)[^;&|]*|[gmn]?awk +[^;&]*system[^;&]*' 'a program inside a string cannot be checked'
refuse '(docker|podman|kubectl|terraform|aws|gcloud|az) +[^;&|]*(prune|delete|destroy|terminate|rm -[a-z]*f|rb )[^;&|]*' 'infrastructure that is deleted'
refuse 'crontab|at|batch|systemd-run|launchctl' 'a command that outlives the session'
refuse '\$[a-z0-9_{(]+[^ ;&|]*' 'a command whose name is computed'
[[ $plain =~ \>\|?\ *\&?\ */dev/(sd|nvme|hd|vd|xvd|disk|mmcblk) ]] && block "writing to a device"
[[ $plain =~ /dev/(tcp|udp)/ ]] && block "a network transfer through the shell"
[[ $plain =~ :\ *\(\ *\)\ *\{ ]] && block "a fork bomb"
exit 0
