//! What must hold of every format at once: nothing active survives, and all of them count the same.

use super::*;
use crate::report::fixture;

const ALL: &[Format] =
    &[Format::Html, Format::Csv, Format::Json, Format::Terminal, Format::Markdown, Format::Github];

/// Writes every format of the demonstration deployment, for looking at.
#[test]
#[ignore = "writes files for people to look at"]
fn demonstration() {
    for (name, (assessment, snapshot, catalog)) in
        [("workpaper-demo", fixture::demo()), ("workpaper-hostile", fixture::hostile())]
    {
        let report = Report::of(&assessment, &snapshot, &catalog);
        let folder = std::env::temp_dir().join(name);
        for file in render(&report, &assessment, ALL).expect("fonts that ship with the program") {
            let path = folder.join(&file.file_name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, file.bytes).expect("a file");
        }
        std::fs::write(folder.join("narrow.txt"), terminal::render(&report, 80)).expect("a file");
        std::fs::write(folder.join("wide.txt"), terminal::render(&report, 140)).expect("a file");
    }
}
