//! `workpaper assess`: collect, evaluate, remember, and write the evidence pack.

use std::path::PathBuf;

use workpaper::{
    model,
    pack::{self, PackContents},
    render::{self, Format, Rendered},
    store::Store,
};

use super::{
    deployment::{Deployment, Examined, Remembered},
    exit::{self, Exit, Failure},
    landings,
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
    let examined = args.deployment.examine_after(|root, as_of| remembered(args, root, as_of))?;
    let progress = Progress::start();
    if !args.no_store {
        progress.say("remembering the run");
        remember(&examined, args.store.as_deref())?;
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

/// What the store knows of the logs of this root, and of branches; a store that is not there yet knows nothing.
fn remembered(args: &Args, root: &str, as_of: jiff::Timestamp) -> Result<Remembered, Failure> {
    if args.no_store {
        return Ok(Remembered::default());
    }
    let path = store_path(args.store.as_deref())?;
    if !path.exists() {
        return Ok(Remembered::default());
    }
    let store = Store::open_existing(&path).map_err(Failure::world)?;
    Ok(Remembered {
        logs: store.logs_before(root, as_of).map_err(Failure::world)?,
        tips: store.tips_before(as_of).map_err(Failure::world)?,
    })
}

fn store_path(named: Option<&std::path::Path>) -> Result<PathBuf, Failure> {
    named.map_or_else(|| Store::default_path().map_err(Failure::world), |path| Ok(path.to_owned()))
}

fn remember(examined: &Examined, path: Option<&std::path::Path>) -> Result<(), Failure> {
    let mut store = Store::open(&store_path(path)?).map_err(Failure::world)?;
    store.record(&examined.assessment, jiff::Timestamp::now()).map_err(Failure::world)?;
    let scope = &examined.snapshot.scope;
    let traces = model::traces(&examined.snapshot.observations);
    store.remember_logs(&scope.root, scope.as_of, &traces).map_err(Failure::world)?;
    store.remember_tips(&landings::tips(&examined.snapshot)).map_err(Failure::world)?;
    Ok(())
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
