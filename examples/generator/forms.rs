//! The forms that an event can take, and what each of them tells.

use std::io::{self, Write};

use super::{Item, Ledger, Random};

/// The layout to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON Lines.
    Lines,
    /// The multi-line objects of the guide's hook, quotes and all.
    Guide,
    /// Lines of a system's log that carry such records.
    Syslog,
    /// What `journalctl -o json` writes.
    Journal,
    /// Exports of telemetry, several records in a line.
    Otlp,
    /// A session file.
    Transcript,
    /// An organisation's audit-log export.
    Export,
}

/// The facts that a form carries.
#[derive(Clone, Copy)]
pub struct Tells {
    pub user: bool,
    pub tool: bool,
    pub mode: bool,
    pub decision: bool,
    pub outcome: bool,
}

impl Form {
    pub const ALL: [(&str, Form); 7] = [
        ("lines", Form::Lines),
        ("guide", Form::Guide),
        ("syslog", Form::Syslog),
        ("journal", Form::Journal),
        ("otlp", Form::Otlp),
        ("transcript", Form::Transcript),
        ("export", Form::Export),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Form::ALL.iter().find(|(n, _)| *n == name).map(|(_, form)| *form)
    }

    /// Bytes of a record, about.
    pub fn mean(self) -> u64 {
        match self {
            Form::Lines => 400,
            Form::Guide => 260,
            Form::Syslog => 440,
            Form::Journal | Form::Transcript => 500,
            Form::Otlp => 800,
            Form::Export => 160,
        }
    }

    pub fn tells(self) -> Tells {
        let all = Tells { user: true, tool: true, mode: true, decision: true, outcome: true };
        match self {
            Form::Lines | Form::Syslog | Form::Journal => all,
            Form::Guide => Tells { mode: false, decision: false, ..all },
            Form::Otlp => Tells { decision: false, ..all },
            Form::Transcript => Tells { user: false, decision: false, outcome: false, ..all },
            Form::Export => Tells { tool: false, mode: false, decision: false, outcome: false, ..all },
        }
    }

    pub fn user(self, item: &Item) -> String {
        if self == Form::Export { format!("{}@example.org", item.user) } else { item.user.clone() }
    }

    /// Whether the record tells that a file was changed.
    pub fn changes_file(self, item: &Item) -> bool {
        matches!(item.tool, "Edit" | "Write")
            && !item.denied
            && (self != Form::Otlp || self.outcome(item) != "failure")
    }

    /// The version of the client that the record names; empty when it names none.
    pub fn version(self, item: &Item) -> String {
        match self {
            Form::Lines | Form::Syslog | Form::Journal => format!("2.1.{}", 200 + item.user_number % 40),
            Form::Transcript => "2.1.240".to_owned(),
            Form::Guide | Form::Otlp | Form::Export => String::new(),
        }
    }

    /// How the record says that the call ended; empty when it does not.
    pub fn outcome(self, item: &Item) -> &'static str {
        match (self, item.status) {
            (Form::Guide, _) => "success",
            (Form::Otlp, "error") => "failure",
            (_, status) => status,
        }
    }
}

/// Writes events in one form.
pub struct Writer {
    form: Form,
    /// Records of an export of telemetry that is not written yet.
    batch: Vec<String>,
    started: bool,
}

impl Writer {
    pub fn new(form: Form) -> Self {
        Writer { form, batch: Vec::new(), started: false }
    }

    pub fn write(
        &mut self,
        item: &Item,
        holds_hit: bool,
        random: &mut Random,
        ledger: &mut Ledger,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self.form {
            Form::Lines => {
                let line = line(item);
                writeln!(out, "{line}")?;
                // A second writer that was cut off, with or without a line end behind it.
                if item.odd && !holds_hit {
                    ledger.refused += 1;
                    out.write_all(&line.as_bytes()[..line.len() / 2])?;
                    if random.below(2) == 0 {
                        writeln!(out)?;
                    }
                }
                Ok(())
            }
            Form::Guide => guide(item, ledger, out),
            Form::Syslog => {
                writeln!(out, "Jul  1 10:00:00 host claude-audit[12]: {}", line(item))?;
                self.foreign(item, ledger, out, "Jul  1 10:00:01 host sshd[7]: session opened for user app\n")
            }
            Form::Journal => {
                let message = escaped(&line(item));
                writeln!(
                    out,
                    "{{\"__REALTIME_TIMESTAMP\":\"{}000000\",\"_HOSTNAME\":\"host\",\"MESSAGE\":\"{message}\"}}",
                    item.seconds
                )?;
                self.foreign(item, ledger, out, "{\"_HOSTNAME\":\"host\",\"MESSAGE\":\"session opened\"}\n")
            }
            Form::Otlp => {
                self.batch.push(log_record(item));
                if self.batch.len() > random.below(6) as usize { self.finish(out) } else { Ok(()) }
            }
            Form::Transcript => {
                let line = session_line(item);
                writeln!(out, "{line}")?;
                // A resumed session repeats a message.
                if item.n % 50 == 7 {
                    ledger.records += 1;
                    ledger.duplicates += 1;
                    writeln!(out, "{line}")?;
                }
                Ok(())
            }
            Form::Export => self.row(item, ledger, out),
        }
    }

    /// Writes what is held back.
    pub fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.batch).join(",");
        writeln!(
            out,
            "{{\"resourceLogs\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\"value\":{{\"stringValue\":\"claude-code\"}}}}]}},\"scopeLogs\":[{{\"logRecords\":[{records}]}}]}}]}}"
        )
    }

    /// Now and then a line of another program.
    fn foreign(&self, item: &Item, ledger: &mut Ledger, out: &mut dyn Write, line: &str) -> io::Result<()> {
        if item.n.is_multiple_of(9) {
            ledger.foreign_lines += 1;
            out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn row(&mut self, item: &Item, ledger: &mut Ledger, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.started, true) {
            writeln!(
                out,
                "created_at,actor_info,event,event_info,entity_info,ip_address,device_id,user_agent,client_platform"
            )?;
        }
        let event = match item.output_length % 5 {
            0 => "user_signed_in_sso",
            1 => "user_sign_in_failed",
            _ => "project_created",
        };
        ledger.log_ins += u64::from(event == "user_signed_in_sso");
        ledger.failed_log_ins += u64::from(event == "user_sign_in_failed");
        let actor = Form::Export.user(item);
        writeln!(out, "{},{actor},{event},\"{}\n\",,,,,", item.stamp, item.text)?;
        if item.odd {
            // A row that was cut: it has no user, so the address in it is a find.
            ledger.refused += 1;
            *ledger.hits.entry("email_address".into()).or_default() += 1;
            writeln!(out, "{},{actor}", item.stamp)?;
        }
        Ok(())
    }
}

/// One session id for each user and day.
fn session(item: &Item) -> String {
    format!("{:08x}-9c1e-4a7b-8d2f-0123456789ab", item.session)
}

fn escaped(json: &str) -> String {
    json.replace('\\', "\\\\").replace('"', "\\\"")
}

fn line(item: &Item) -> String {
    format!(
        "{{\"timestamp\":\"{}\",\"session_id\":\"{}\",\"user\":\"{}\",\"tool\":\"{}\",\"tool_use_id\":\"toolu_{:024}\",\"permission_mode\":\"{}\",\"decision\":\"{}\",\"tool_input\":{},\"output_length\":{},\"status\":\"{}\",\"version\":\"{}\"}}",
        item.stamp,
        session(item),
        item.user,
        item.tool,
        item.n,
        item.mode,
        if item.denied { "deny" } else { "allow" },
        item.input(),
        item.output_length,
        item.status,
        Form::Lines.version(item)
    )
}

fn guide(item: &Item, ledger: &mut Ledger, out: &mut dyn Write) -> io::Result<()> {
    ledger.repaired += 1;
    let head = format!(
        "{{\n\"timestamp\": \"{}\",\n\"user\": \"{}\",\n\"tool\": \"{}\",\n",
        item.stamp, item.user, item.tool
    );
    write!(
        out,
        "{head}\"input_summary\": \"{}\",\n\"output_length\": {},\n\"status\": \"success\"\n}}\n",
        item.input(),
        item.output_length
    )?;
    // A writer that was cut off.
    if item.odd {
        ledger.refused += 1;
        out.write_all(head.as_bytes())?;
    }
    Ok(())
}

fn log_record(item: &Item) -> String {
    let mut attributes = vec![
        ("event.name", "tool_result".to_owned()),
        ("session.id", session(item)),
        ("user.email", item.user.clone()),
        ("tool_name", item.tool.to_owned()),
        ("permission_mode", item.mode.to_owned()),
        ("tool_parameters", escaped(&item.input())),
    ];
    if !item.status.is_empty() {
        attributes.push(("success", (item.status != "error").to_string()));
    }
    let pairs: Vec<String> = attributes
        .iter()
        .map(|(key, value)| format!("{{\"key\":\"{key}\",\"value\":{{\"stringValue\":\"{value}\"}}}}"))
        .collect();
    format!(
        "{{\"timeUnixNano\":\"{}000000000\",\"body\":{{\"stringValue\":\"claude_code.tool_result\"}},\"attributes\":[{}]}}",
        item.seconds,
        pairs.join(",")
    )
}

fn session_line(item: &Item) -> String {
    format!(
        "{{\"parentUuid\":null,\"type\":\"assistant\",\"uuid\":\"u{}\",\"sessionId\":\"{}\",\"timestamp\":\"{}\",\"version\":\"2.1.240\",\"permissionMode\":\"{}\",\"requestId\":\"r{}\",\"message\":{{\"id\":\"m{}\",\"usage\":{{\"input_tokens\":7,\"output_tokens\":3}},\"content\":[{{\"type\":\"tool_use\",\"id\":\"t{}\",\"name\":\"{}\",\"input\":{}}}]}}}}",
        item.n,
        session(item),
        item.stamp,
        item.mode,
        item.n,
        item.n,
        item.n,
        item.tool,
        item.input()
    )
}
