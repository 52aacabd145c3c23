//! Rebuilds when the catalogue's data change: they are embedded in the program.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=controls");
}
