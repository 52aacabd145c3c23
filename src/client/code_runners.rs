//! Programs that run code which the agent can choose: what a prefix of a command hands out.

use std::sync::LazyLock;

use super::table::rows;

const TABLE: &str = include_str!("../../controls/client/code-runners.tsv");

/// What a program does with what it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Runs the code or the file that it is given.
    Code,
    /// This command has it run another program, a fetched package, or code of an argument.
    By(&'static str),
    /// A command that begins with the first text and goes on with the second does, whatever stands between.
    Option(&'static str, &'static str),
    /// Runs what files of the project say, with one of these words; always where there are none.
    Project(Vec<&'static str>),
}

/// Every program and one way it has, by program.
pub fn code_runners() -> &'static [(&'static str, Runs)] {
    static RUNNERS: LazyLock<Vec<(&'static str, Runs)>> = LazyLock::new(|| {
        rows(TABLE)
            .filter_map(|cells| {
                let [program, kind, form] = cells[..] else { return None };
                let runs = match kind {
                    "interpreter" => Runs::Code,
                    "runner" => Runs::By(form),
                    "option" => form.split_once(" … ").map(|(begins, ends)| Runs::Option(begins, ends))?,
                    "project" => Runs::Project(form.split_whitespace().collect()),
                    _ => return None,
                };
                Some((program, runs))
            })
            .collect()
    });
    &RUNNERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_a_runner_names_its_program() {
        let rows = TABLE.lines().filter(|row| !row.starts_with('#')).skip(1).count();
        assert_eq!(code_runners().len(), rows);
        for (program, runs) in code_runners() {
            if let Runs::By(form) | Runs::Option(form, _) = runs {
                assert_eq!(form.split_whitespace().next(), Some(*program), "{form}");
            }
        }
    }
}
