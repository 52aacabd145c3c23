//! The tables of data that the model is built from: lines of cells behind tabs, under comments and one line of names.

/// The cells of each row.
pub fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).skip(1).map(|l| l.split('\t').collect())
}
