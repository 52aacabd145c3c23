//! `workpaper simulate`: what the client would do with tool calls under given settings.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use serde_json::{Value, json};
use workpaper::client::simulate::Simulator;
use workpaper::client::version::CONTRACT;

use super::simulate_here::{self, Here};

/// Longest input line, in bytes.
const MAX_LINE: usize = 16 << 20;

/// Answer one call given by flags, or one call a line from standard input.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Tool of the one call, such as Bash. Without it, calls are read from standard input as JSON Lines.
    #[arg(long)]
    tool: Option<String>,
    /// Input of the one call as JSON; text that is no object is taken as the command or path.
    #[arg(long, requires = "tool")]
    input: Option<String>,
    /// Managed settings file.
    #[arg(long, value_name = "FILE")]
    managed: Option<std::path::PathBuf>,
    /// User settings file.
    #[arg(long, value_name = "FILE")]
    user: Option<std::path::PathBuf>,
    /// Project settings file.
    #[arg(long, value_name = "FILE")]
    project: Option<std::path::PathBuf>,
    /// Local settings file.
    #[arg(long, value_name = "FILE")]
    local: Option<std::path::PathBuf>,
    /// Version of the client.
    #[arg(long, value_name = "VERSION")]
    client: Option<String>,
    /// Home folder of the session.
    #[arg(long, default_value = "/home/user")]
    home: String,
    /// Folder in which the session starts.
    #[arg(long, default_value = "/home/user/project")]
    cwd: String,
    /// Take the folder as not trusted.
    #[arg(long)]
    untrusted: bool,
    /// A flag of the session, such as --session-arg=--permission-mode=plan. May be repeated.
    #[arg(long = "session-arg", value_name = "FLAG", allow_hyphen_values = true)]
    session_args: Vec<String>,
    #[command(flatten)]
    here: Here,
}

/// Runs the command. Exit code 2 where a line could not be answered, 3 where the input could not be read
/// or the answer not written.
pub fn run(args: Args) -> ExitCode {
    if args.here.root.is_some() {
        return here(args);
    }
    let outcome = if args.tool.is_some() { one(args) } else { batch() };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("workpaper simulate: {error}");
            ExitCode::from(3)
        }
    }
}

fn one(args: Args) -> std::io::Result<bool> {
    let read = |path: &Option<std::path::PathBuf>| -> std::io::Result<Value> {
        match path {
            None => Ok(Value::Null),
            Some(path) => {
                let bytes = std::fs::read(path)
                    .map_err(|e| std::io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
                Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    };
    let (tool, input) = call(args.tool, args.input);
    let request = json!({
        "name": "call", "client": args.client.unwrap_or_else(|| CONTRACT.to_string()), "managed": read(&args.managed)?,
        "user": read(&args.user)?, "project": read(&args.project)?, "local": read(&args.local)?, "args": args.session_args,
        "trusted": !args.untrusted, "home": args.home, "cwd": args.cwd, "tool": tool, "input": input,
    });
    match Simulator::default().answer(&request.to_string()) {
        Ok(answer) => {
            writeln!(std::io::stdout(), "{answer}")?;
            Ok(true)
        }
        Err(error) => {
            eprintln!("workpaper simulate: {error}");
            Ok(false)
        }
    }
}

/// Answers for the users of a deployment.
fn here(args: Args) -> ExitCode {
    let given = args.tool.is_some().then(|| {
        let (tool, input) = call(args.tool, args.input);
        Ok(json!({"name": "call", "tool": tool, "input": input}).to_string())
    });
    let done = match given {
        Some(line) => simulate_here::answer(args.here, std::iter::once(line)),
        None => {
            let input = std::io::Read::take(std::io::stdin().lock(), MAX_LINE as u64);
            simulate_here::answer(args.here, input.lines())
        }
    };
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// The one call of the flags: text that is no object is its main field.
fn call(tool: Option<String>, input: Option<String>) -> (String, Value) {
    let (tool, given) = (tool.unwrap_or_default(), input.unwrap_or_default());
    match serde_json::from_str::<Value>(&given) {
        Ok(value @ Value::Object(_)) => (tool, value),
        _ => {
            let input = json!({main_field(&tool): given});
            (tool, input)
        }
    }
}

fn main_field(tool: &str) -> &'static str {
    match tool {
        "Bash" | "PowerShell" => "command",
        "WebFetch" => "url",
        "NotebookEdit" => "notebook_path",
        "Glob" | "Grep" => "path",
        _ => "file_path",
    }
}

/// Most lines, and most bytes of them, that are held at once.
const BATCH_LINES: usize = 4096;
const BATCH_BYTES: usize = 32 << 20;

/// A line of input with its number, or what is wrong with it.
type Numbered = (u64, Result<String, String>);

fn batch() -> std::io::Result<bool> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let mut simulators: Vec<Simulator> = (0..workers).map(|_| Simulator::default()).collect();
    let (mut good, mut number) = (true, 0u64);
    loop {
        let lines = read_batch(&mut input, &mut number)?;
        if lines.is_empty() {
            break;
        }
        // Neighbouring lines stay together, since they mostly share their settings; the order of answers is kept.
        let share = lines.len().div_ceil(workers).max(64);
        let answers: Vec<(String, bool)> = std::thread::scope(|scope| {
            let running: Vec<_> = lines
                .chunks(share)
                .zip(&mut simulators)
                .map(|(chunk, simulator)| scope.spawn(move || answer_all(simulator, chunk)))
                .collect();
            running.into_iter().map(|r| r.join().unwrap_or_else(|_| (String::new(), false))).collect()
        });
        for (text, all_good) in answers {
            good &= all_good;
            output.write_all(text.as_bytes())?;
        }
        output.flush()?;
    }
    Ok(good)
}

/// Reads lines up to the limits; an empty list is the end of the input.
fn read_batch(input: &mut impl BufRead, number: &mut u64) -> std::io::Result<Vec<Numbered>> {
    let (mut out, mut bytes, mut line) = (Vec::new(), 0, Vec::new());
    while out.len() < BATCH_LINES && bytes < BATCH_BYTES {
        line.clear();
        if std::io::Read::take(&mut *input, MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        *number += 1;
        bytes += line.len();
        if line.len() > MAX_LINE {
            if line.last() != Some(&b'\n') {
                skip_line(input)?;
            }
            out.push((*number, Err(format!("longer than {MAX_LINE} bytes"))));
        } else if !line.trim_ascii().is_empty() {
            out.push((*number, Ok(String::from_utf8_lossy(&line).into_owned())));
        } else if out.is_empty() {
            // A batch of blank lines alone must not look like the end.
            bytes = 0;
        }
    }
    Ok(out)
}

fn answer_all(simulator: &mut Simulator, lines: &[Numbered]) -> (String, bool) {
    let (mut out, mut good) = (String::new(), true);
    for (number, line) in lines {
        let answer = line.as_ref().map_err(Clone::clone).and_then(|text| simulator.answer(text));
        let answer = answer.unwrap_or_else(|error| {
            good = false;
            json!({"error": error, "line": number})
        });
        out.push_str(&answer.to_string());
        out.push('\n');
    }
    (out, good)
}

/// Reads on to the end of a line that is too long, in bounded memory.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let (done, used) = {
            let buffer = input.fill_buf()?;
            match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (true, at + 1),
                None => (buffer.is_empty(), buffer.len()),
            }
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_the_contract() {
        let mut s = Simulator::default();
        let line = json!({"name": "x", "managed": {"permissions": {"deny": ["Bash(rm *)"]}}, "home": "/h", "cwd": "/h/p",
            "tool": "Bash", "input": {"command": "rm -rf d"}});
        let answer = s.answer(&line.to_string()).unwrap();
        assert_eq!(answer["decision"], "deny");
        assert_eq!(
            (&answer["by"]["scope"], &answer["by"]["rule"]),
            (&json!("managed"), &json!("Bash(rm *)"))
        );
        assert!(s.answer("{").is_err() && s.answer("{\"tool\": 5}").is_err());
    }

    #[test]
    fn links_are_followed() {
        let mut s = Simulator::default();
        let line = json!({"user": {"permissions": {"deny": ["Read(//etc/**)"]}}, "home": "/h", "cwd": "/h/p",
            "files": {"p/l": {"link": "/etc"}}, "tool": "Read", "input": {"file_path": "/h/p/l/passwd"}});
        assert_eq!(s.answer(&line.to_string()).unwrap()["decision"], "deny");
    }
}
