//! Replays the fuzzer's corpus and a few mutations of each input; `examples/fuzz.rs` runs for longer.

use crate::fuzzing::{Run, targets::TARGETS};

#[test]
fn the_corpus_and_its_mutations_keep_every_promise() {
    for target in &TARGETS {
        let mut run = Run::new(target, 1);
        for _ in 0..150 {
            let input = run.next();
            run.check(input);
        }
        assert!(run.kinds() > 10, "{}: mutations reach only {} kinds of answer", target.name, run.kinds());
    }
}
