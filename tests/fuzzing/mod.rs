//! Fuzzing on the stable toolchain: mutated inputs, a corpus that is kept, and promises that must hold of every answer.
//!
//! Every test run replays the corpus and a few mutations of it. `examples/fuzz.rs` goes on for as long as it is given.

pub mod mutate;
pub mod targets;

use std::{collections::BTreeSet, fs, path::Path, path::PathBuf};

use mutate::{Random, mutate};
use targets::{Bench, Target};

/// Inputs kept in memory during a run.
const KEPT: usize = 4000;

/// Where the kept inputs of a target are.
pub fn corpus_folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzing/corpus").join(target.name)
}

pub fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = corpus_folder(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the corpus can be listed").path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("the corpus can be read")).collect()
}

/// A run over one target: inputs that got a new kind of answer are mutated further.
pub struct Run<'t> {
    target: &'t Target,
    bench: Bench,
    random: Random,
    inputs: Vec<Vec<u8>>,
    kinds: BTreeSet<String>,
}

impl<'t> Run<'t> {
    /// Replays the corpus.
    pub fn new(target: &'t Target, seed: u64) -> Self {
        let mut run = Run {
            target,
            bench: Bench::new(),
            random: Random::new(seed),
            inputs: corpus(target),
            kinds: BTreeSet::new(),
        };
        for input in &run.inputs {
            run.kinds.insert((target.check)(&run.bench, input));
        }
        run
    }

    pub fn kinds(&self) -> usize {
        self.kinds.len()
    }

    /// The next input; `check` is to be called with it.
    pub fn next(&mut self) -> Vec<u8> {
        mutate(&mut self.random, &self.inputs, self.target.words)
    }

    pub fn check(&mut self, input: Vec<u8>) {
        let kind = (self.target.check)(&self.bench, &input);
        if self.inputs.len() < KEPT && self.kinds.insert(kind) {
            self.inputs.push(input);
        }
    }
}
