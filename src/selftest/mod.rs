//! Holds the checks to their claims: weakens a copy of the hardened sample, one control at a time, and shows that the
//! right item turns red and nothing else does.

mod deployment;
mod edit;
mod load;
mod mutation;
mod outcome;
mod run;

#[cfg(test)]
mod tests;

pub use load::{builtin, parse};
pub use mutation::{Edit, Mutant, Mutations, Scene};
pub use outcome::{Coverage, Outcome, Report, Tried};
pub use run::{Request, run};
