//! temp
pub mod json; pub mod fields; pub mod when; pub mod event; pub mod transcript; pub mod otlp; pub mod scan; pub mod valid;
pub mod mend; pub mod table; pub mod frame; pub mod tally; pub mod names; pub mod hazard;
