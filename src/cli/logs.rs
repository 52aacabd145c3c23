//! `workpaper logs`: the questions that the guide's evidence commands meant to ask, answered from the records.

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use workpaper::{
    catalog::patterns,
    collect::logs::{self, Days, ReadOptions, Scanner},
    model::activity::LogSummary,
};

use super::{
    answer::{Answer, Shown},
    exit::{self, Exit, Failure},
    log_answers, log_cost, log_lint,
};

/// Places of each kind that an answer lists; all are counted.
const LOCATED: usize = 100_000;

/// Ask the logs: what was denied, in which modes, by whom, on which days; and what the guide's commands would find
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The question
    #[arg(value_enum)]
    question: Question,
    /// Log files or folders [default: /var/log/claude-code]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    when: When,
    /// Only the records that name this person
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Question {
    /// Denied calls, located
    Denied,
    /// Permission modes, their changes and bypass sessions
    Modes,
    /// Records by person
    Activity,
    /// Records by day
    Timeline,
    /// Records by file and day, with parse errors
    Coverage,
    /// Changed files
    Files,
    /// Cost and tokens by person and day
    Cost,
    /// What each of the guide's own evidence commands would return on these logs
    Lint,
}

/// The days that an answer speaks of, in UTC.
#[derive(clap::Args, Debug)]
pub(super) struct When {
    /// First day, such as 2026-07-01
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Last day
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// The moment the answer speaks of, RFC 3339: later records are in the future [default: now]
    #[arg(long, value_name = "TIME", env = "WORKPAPER_AS_OF")]
    as_of: Option<String>,
}

impl When {
    pub(super) fn as_of(&self) -> Result<Timestamp, Failure> {
        match &self.as_of {
            Some(text) => text.parse().map_err(|error| {
                Failure::usage(format!("--as-of {text}: {error}")).hint("write 2026-10-01T09:00:00Z")
            }),
            None => Ok(Timestamp::now()),
        }
    }

    /// The days, where some were asked for.
    pub(super) fn days(&self, as_of: Timestamp) -> Result<Option<Days>, Failure> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(None);
        }
        let start = self.since.unwrap_or(jiff::civil::date(1970, 1, 1));
        let end = self.until.unwrap_or_else(|| as_of.to_zoned(TimeZone::UTC).date());
        if end < start {
            return Err(Failure::usage(format!("the last day {end} is before the first day {start}")));
        }
        Ok(Some(Days { start, end }))
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let paths =
        if args.paths.is_empty() { vec![PathBuf::from("/var/log/claude-code")] } else { args.paths.clone() };
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        return Err(
            Failure::world(format!("{} is not there", missing.display())).hint("name a log file or folder")
        );
    }
    let answer = match args.question {
        Question::Lint => log_lint::lint(&paths)?,
        question => asked(question, args, &paths)?,
    };
    exit::print(&answer.shown(args.format))?;
    Ok(Exit::OPEN)
}

fn asked(question: Question, args: &Args, paths: &[PathBuf]) -> Result<Answer, Failure> {
    let as_of = args.when.as_of()?;
    let days = args.when.days(as_of)?;
    let summary = read(args.user.as_deref(), as_of, days, paths)?;
    let mut answer = match question {
        Question::Denied => log_answers::denied(&summary),
        Question::Modes => log_answers::modes(&summary),
        Question::Activity => log_answers::activity(&summary),
        Question::Timeline => log_answers::timeline(&summary, days),
        Question::Coverage | Question::Lint => log_answers::coverage(&summary, days),
        Question::Files => log_answers::files(&summary),
        Question::Cost => log_cost::cost(&summary),
    };
    answer.notes.extend(log_answers::limits(&summary));
    Ok(answer)
}

fn read(
    user: Option<&str>,
    as_of: Timestamp,
    days: Option<Days>,
    paths: &[PathBuf],
) -> Result<LogSummary, Failure> {
    let patterns = patterns::built_in().map_err(|_| Failure::usage("the built-in patterns do not load"))?;
    let scanner = Scanner::new(&patterns);
    let mut options = ReadOptions::new(&scanner);
    options.as_of = Some(as_of);
    options.period = days;
    options.person = user;
    options.limits.located = LOCATED;
    Ok(logs::read(paths, &options))
}
