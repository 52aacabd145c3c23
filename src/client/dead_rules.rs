//! Rules that can never match.
