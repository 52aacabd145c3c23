//! `workpaper verify`: is a pack exactly what was written?

use std::path::PathBuf;

use workpaper::{pack, render};

use super::exit::{self, Exit, Failure};

/// Check that a pack is exactly what was written: nothing changed, added or missing
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The pack's folder
    #[arg(value_name = "PACK")]
    pack: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let found = pack::verify(&args.pack);
    if let Some(why) = &found.not_a_pack {
        return Err(Failure::pack(format!("{} is not a pack: {why}", args.pack.display())));
    }
    let mut text = String::new();
    for (what, list) in [("changed", &found.changed), ("unreadable", &found.unreadable)] {
        for discrepancy in list {
            text.push_str(&format!(
                "{what:<11}{}: {}\n",
                discrepancy.name,
                render::plain(&discrepancy.detail)
            ));
        }
    }
    for (what, list) in [("added", &found.added), ("missing", &found.missing)] {
        for name in list {
            text.push_str(&format!("{what:<11}{}\n", render::plain(name)));
        }
    }
    if found.holds() {
        exit::print(&format!(
            "{} verifies: {} of {} files are exactly as listed\n",
            args.pack.display(),
            found.intact,
            found.listed
        ))?;
        return Ok(Exit::OPEN);
    }
    exit::print(&text)?;
    Ok(Exit::PACK)
}
