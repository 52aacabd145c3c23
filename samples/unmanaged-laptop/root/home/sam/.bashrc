alias yolo='claude --dangerously-skip-permissions'
