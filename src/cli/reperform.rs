//! `workpaper reperform`: judge again from the pack alone.

use std::path::PathBuf;

use workpaper::{
    catalog::Catalog,
    evaluate::{self, known_ids},
    model::Assessment,
    pack::{self, PackInputs, Reperformance},
    policy::Policy,
    render,
};

use super::{
    deployment::listed,
    exit::{self, Exit, Failure},
};

/// Judge again from a pack alone, and compare with what it says
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The pack's folder
    #[arg(value_name = "PACK")]
    pack: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let pack = args.pack.display();
    match pack::reperform(&args.pack, judge) {
        Reperformance::Same => {
            exit::print(&format!("{pack} re-performs: the same inputs give the same assessment\n"))?;
            Ok(Exit::OPEN)
        }
        Reperformance::Differs(differences) => {
            let mut text = format!("{pack} does not re-perform:\n");
            for difference in &differences {
                text.push_str(&format!(
                    "  {}\n    recorded: {}\n    now:      {}\n",
                    render::plain(&difference.what),
                    render::plain(&difference.recorded),
                    render::plain(&difference.now)
                ));
            }
            exit::print(&text)?;
            Ok(Exit::PACK)
        }
        Reperformance::NotComparable(why) => {
            Err(Failure::pack(format!("{pack} cannot be re-performed: {why}")))
        }
    }
}

/// The pack's own catalogue and policy judge the pack's own snapshot.
fn judge(inputs: &PackInputs) -> Result<Assessment, String> {
    let catalog =
        Catalog::parse(&inputs.catalog).map_err(|problems| listed("the pack's catalogue", &problems))?;
    let policy = if inputs.policy == Policy::default().text() {
        Policy::default()
    } else {
        Policy::parse(&inputs.policy, "policy.yaml", &known_ids(&catalog))
            .map_err(|problems| listed("the pack's policy", &problems))?
    };
    Ok(evaluate::evaluate(&inputs.snapshot, &catalog, &policy))
}
