//! `workpaper assess`: collect, evaluate, remember, and write the evidence pack.

use std::path::PathBuf;

use workpaper::{
    pack::{self, PackContents},
    render::{self, Format, Rendered},
    store::Store,
};

use super::{
    deployment::{Deployment, Examined},
    exit::{self, Exit, Failure},
    progress::Progress,
    terminal,
};

/// Examine a deployment and write an evidence pack
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Write the pack to this folder
    #[arg(long, value_name = "DIR", default_value = "workpaper-pack")]
    out: PathBuf,
    /// Remember the run in this file [default: in the platform's state directory]
    #[arg(long, value_name = "FILE", env = "WORKPAPER_STORE")]
    store: Option<PathBuf>,
    /// Do not remember the run
    #[arg(long, conflicts_with = "store")]
    no_store: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// The checklist and where the pack is
    Terminal,
    /// The whole assessment (workpaper/assessment/v1)
    Json,
    /// The checklist and the exceptions as Markdown
    Markdown,
}

/// Everything that a pack holds beside its inputs.
const RENDERED: [Format; 5] = [Format::Html, Format::Pdf, Format::Markdown, Format::Terminal, Format::Csv];

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut store = if args.no_store {
        None
    } else {
        Some(Store::open_at(args.store.as_deref()).map_err(Failure::world)?)
    };
    let examined = args.deployment.examine_since(store.as_ref())?;
    let progress = Progress::start();
    if let Some(store) = &mut store {
        progress.say("remembering the run");
        store.record(&examined.assessment, jiff::Timestamp::now()).map_err(Failure::world)?;
        store.remember_tips(&examined.tips()).map_err(Failure::world)?;
    }
    progress.say("rendering the reports");
    let report = examined.pack_report();
    let rendered = render::render(&report, &examined.assessment, &RENDERED)
        .map_err(|error| Failure::world(format!("rendering the reports: {error}")))?;
    progress.say("writing the pack");
    write(args, &examined, &rendered)?;
    drop(progress);

    exit::print(&match args.format {
        Shown::Json => render::json::render(&examined.assessment),
        Shown::Markdown => render::markdown::render(&report),
        Shown::Terminal => {
            let pack = args.out.display();
            format!(
                "{}\nThe evidence pack is in {pack}: open {pack}/report.html or {pack}/report.pdf\n\
                 Check it with: cd {pack} && sha256sum -c manifest.sha256\n",
                render::terminal::render(&report, terminal::columns())
            )
        }
    })?;
    Ok(Exit::OPEN)
}

fn write(args: &Args, examined: &Examined, rendered: &[Rendered]) -> Result<(), Failure> {
    let contents = PackContents {
        snapshot: &examined.snapshot,
        catalog: examined.catalog.files(),
        policy: examined.policy.text(),
        assessment: &examined.assessment,
        rendered,
    };
    pack::write(&args.out, &contents).map_err(Failure::world)?;
    Ok(())
}
