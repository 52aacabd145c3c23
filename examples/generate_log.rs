//! Writes a deterministic audit log and, with it, the ledger of what was planted in it.
//!
//! `cargo run --release --example generate_log -- FORM BYTES [SEED] > audit.log 2> ledger.json`
//! where FORM is `lines`, `guide` (the multi-line objects of the guide's hook), `syslog`, `journal`, `otlp`, `transcript` or `export`.

#[path = "generator/mod.rs"]
mod generator;

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let form = args.next().unwrap_or_default();
    let bytes = args.next().and_then(|n| n.parse().ok());
    let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let (Some(form), Some(bytes)) = (generator::Form::named(&form), bytes) else {
        eprintln!("usage: generate_log lines|guide|syslog|journal|otlp|transcript|export BYTES [SEED]");
        std::process::exit(2);
    };
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let ledger = generator::write(form, bytes, seed, &mut out)?;
    out.flush()?;
    eprintln!("{}", ledger.to_json());
    Ok(())
}
