//! Failing findings told once a check: one exception, its cases, and which subjects each case concerns.

use std::collections::BTreeMap;

use super::FindingRow;

/// One check that fails, with every subject that it fails on.
#[derive(Clone, Debug)]
pub struct Exception {
    pub check: String,
    /// The claim that does not hold.
    pub title: String,
    /// Controls that the check serves.
    pub controls: Vec<String>,
    pub basis: String,
    /// The worst of its findings.
    pub severity: String,
    pub why: String,
    /// The test performed.
    pub procedure: String,
    /// What to change, a line each, where every case asks for the same; otherwise each case has its own.
    pub fixes: Vec<String>,
    pub cases: Vec<Case>,
    /// Failing findings among all cases.
    pub failing: usize,
}

/// What was found, and on which subjects.
#[derive(Clone, Debug)]
pub struct Case {
    pub message: String,
    pub subjects: Vec<CaseSubject>,
    /// Where it was seen, each place once; which subject has which place is in the findings.
    pub places: Vec<String>,
    /// Empty where the exception's own changes hold for all cases.
    pub fixes: Vec<String>,
}

/// One failing finding of a case.
#[derive(Clone, Debug)]
pub struct CaseSubject {
    pub subject: String,
    pub fingerprint: String,
}

impl Case {
    /// `user admin, user dev and 3 more`
    pub fn named(&self, most: usize) -> String {
        let mut names: Vec<&str> = self.subjects.iter().take(most).map(|one| one.subject.as_str()).collect();
        let more = self.subjects.len() - names.len();
        let rest = format!("and {more} more");
        match (more, names.pop()) {
            (0, last) => {
                names.extend(last);
                names.join(", ")
            }
            (_, Some(last)) => {
                names.push(last);
                format!("{} {rest}", names.join(", "))
            }
            (_, None) => format!("{more} subjects"),
        }
    }
}

/// Groups failing findings by check, in the order in which the checks first appear; equal messages become one case.
pub fn group(failing: &[FindingRow]) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = Vec::new();
    let mut by_check: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_case: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for row in failing {
        let at = *by_check.entry(&row.check).or_insert_with(|| {
            exceptions.push(Exception {
                check: row.check.clone(),
                title: row.title.clone(),
                controls: row.controls.clone(),
                basis: row.basis.clone(),
                severity: row.severity.clone(),
                why: row.why.clone(),
                procedure: row.procedure.clone(),
                fixes: Vec::new(),
                cases: Vec::new(),
                failing: 0,
            });
            exceptions.len() - 1
        });
        let exception = &mut exceptions[at];
        exception.failing += 1;
        let case = *by_case.entry((&row.check, &row.message, &row.fix)).or_insert_with(|| {
            exception.cases.push(Case {
                message: row.message.clone(),
                subjects: Vec::new(),
                places: Vec::new(),
                fixes: lines(&row.fix),
            });
            exception.cases.len() - 1
        });
        let case = &mut exception.cases[case];
        case.subjects
            .push(CaseSubject { subject: row.subject.clone(), fingerprint: row.fingerprint.clone() });
        for place in &row.evidence {
            if !case.places.contains(place) {
                case.places.push(place.clone());
            }
        }
    }
    for exception in &mut exceptions {
        let Some(first) = exception.cases.first().map(|case| case.fixes.clone()) else { continue };
        if exception.cases.iter().all(|case| case.fixes == first) {
            exception.cases.iter_mut().for_each(|case| case.fixes.clear());
            exception.fixes = first;
        }
    }
    exceptions
}

/// Several changes are joined by line ends where a check asks for more than one.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(check: &str, subject: &str, message: &str, fix: &str) -> FindingRow {
        FindingRow {
            fingerprint: format!("{check}-{subject}"),
            check: check.to_owned(),
            title: check.to_owned(),
            basis: "enforced".to_owned(),
            severity: "high".to_owned(),
            subject: subject.to_owned(),
            verdict: "fail".to_owned(),
            message: message.to_owned(),
            procedure: String::new(),
            why: String::new(),
            fix: fix.to_owned(),
            evidence: vec!["a L1".to_owned(), format!("of {subject}")],
            controls: Vec::new(),
        }
    }

    #[test]
    fn one_exception_a_check_and_one_case_a_message() {
        let rows = [
            row("b", "user admin", "open", "x\n\n y "),
            row("a", "host", "open", "x"),
            row("b", "user dev", "open", "x\n\n y "),
            row("b", "user eve", "shut", "x\n\n y "),
        ];
        let all = group(&rows);
        assert_eq!(
            all.iter().map(|one| (one.check.as_str(), one.failing)).collect::<Vec<_>>(),
            [("b", 3), ("a", 1)]
        );
        assert_eq!(all[0].fixes, ["x", "y"], "said once, a line each");
        assert_eq!(all[0].cases.len(), 2);
        assert!(all[0].cases.iter().all(|case| case.fixes.is_empty()));
        let case = &all[0].cases[0];
        assert_eq!(case.places, ["a L1", "of user admin", "of user dev"]);
        assert_eq!(case.named(9), "user admin, user dev");
        assert_eq!(case.named(1), "user admin and 1 more");
        assert_eq!(case.subjects[1].fingerprint, "b-user dev");
    }

    #[test]
    fn different_changes_stay_with_their_cases() {
        let all = group(&[row("a", "one", "m", "x"), row("a", "two", "m", "y")]);
        assert!(all[0].fixes.is_empty());
        assert_eq!(all[0].cases.iter().map(|case| case.fixes.join("")).collect::<Vec<_>>(), ["x", "y"]);
    }
}
