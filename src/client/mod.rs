//! What Claude Code does: settings scopes and merging, permission rules, shell splitting, hook contract, versions. Pure.
