//! Signatures made by git are verified outside of git, and only by whom the organisation lists.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use workpaper::{
    collect::repository::{TrustedSigners, verify_signatures},
    model::change::{Population, SignatureKind, SignatureStatus},
};

use super::{Fixture, output, population_of};

fn key(fixture: &Fixture, name: &str) -> PathBuf {
    let path = fixture.folder.path().join(name);
    output(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path));
    path
}

fn signed(fixture: &Fixture, key: &std::path::Path, at: &str, message: &str) -> String {
    let key = format!("user.signingKey={}", key.display());
    fixture
        .at(at, &["-c", "gpg.format=ssh", "-c", &key, "commit", "-q", "-S", "--allow-empty", "-m", message]);
    fixture.head()
}

fn verified(fixture: &Fixture, signers: &TrustedSigners) -> (Population, Vec<String>) {
    let repository = fixture.open();
    let mut population = population_of(&repository, "2026-Q3");
    let reasons = verify_signatures(&repository, &mut population, signers, 2, &|_, _| {});
    (population, reasons)
}

fn status(population: &Population, commit: &str) -> (SignatureStatus, Option<String>) {
    let change = population.changes.iter().find(|change| change.commit.as_str() == commit).expect("listed");
    (change.signature.status, change.signature.signer.clone())
}

#[test]
fn ssh_signatures_are_trusted_by_the_list_alone() {
    let fixture = Fixture::new();
    let (ann, eve) = (key(&fixture, "ann"), key(&fixture, "eve"));
    let public = std::fs::read_to_string(ann.with_extension("pub")).expect("a public key");
    let allowed = fixture.folder.path().join("allowed");
    std::fs::write(
        &allowed,
        format!("ann@example.org namespaces=\"git\",valid-before=\"20260801\" {public}"),
    )
    .expect("written");
    let plain = fixture.commit("2026-07-01T00:00:00Z", "unsigned");
    let good = signed(&fixture, &ann, "2026-07-02T00:00:00Z", "by ann");
    let foreign = signed(&fixture, &eve, "2026-07-03T00:00:00Z", "by eve");
    let late = signed(&fixture, &ann, "2026-08-02T00:00:00Z", "by ann, after her key ended");
    let content = fixture.git(&["cat-file", "commit", &good]);
    let forged = content
        .replace("by ann", "by Ann")
        .replace(content.lines().nth(1).expect("a parent"), &format!("parent {late}"));
    let forged = fixture.object("commit", forged.as_bytes());
    fixture.git(&["update-ref", "refs/heads/main", &forged]);

    let unverified = fixture.population("2026-Q3");
    assert_eq!(status(&unverified, &good).0, SignatureStatus::PresentUnverified);
    assert_eq!(unverified.changes[0].signature.kind, Some(SignatureKind::Ssh));

    let signers = TrustedSigners { allowed_signers: Some(allowed), ..TrustedSigners::default() };
    let (population, reasons) = verified(&fixture, &signers);
    assert!(reasons.is_empty(), "{reasons:?}");
    assert_eq!(status(&population, &plain), (SignatureStatus::None, None));
    assert_eq!(status(&population, &good), (SignatureStatus::Trusted, Some("ann@example.org".to_owned())));
    let (foreign, signer) = status(&population, &foreign);
    assert_eq!(foreign, SignatureStatus::Valid);
    assert!(signer.expect("a key").starts_with("SHA256:"));
    assert_eq!(status(&population, &late).0, SignatureStatus::Valid, "the key had ended by then");
    assert_eq!(status(&population, &forged).0, SignatureStatus::Invalid);

    let revoked = fixture.folder.path().join("revoked");
    std::fs::write(&revoked, public).expect("written");
    let signers = TrustedSigners { revoked_keys: Some(revoked), ..signers };
    assert_eq!(
        status(&verified(&fixture, &signers).0, &good).0,
        SignatureStatus::Valid,
        "a revoked key is not trusted"
    );
    let (nobody, _) = verified(&fixture, &TrustedSigners::default());
    assert_eq!(status(&nobody, &good).0, SignatureStatus::Valid);
}

#[test]
fn gpg_signatures_need_the_organisations_keyring() {
    if Command::new("gpg").arg("--version").output().is_err()
        || Command::new("gpgv").arg("--version").output().is_err()
    {
        eprintln!("skipped: there is no gpg or gpgv");
        return;
    }
    let fixture = Fixture::new();
    let home = tempfile::Builder::new().prefix("g").tempdir().expect("a folder");
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o700)).expect("private");
    let gpg = |arguments: &[&str]| {
        let mut command = Command::new("gpg");
        output(
            command
                .env("GNUPGHOME", home.path())
                .args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""])
                .args(arguments),
        )
    };
    gpg(&["--quick-generate-key", "Ann <ann@example.org>", "ed25519", "sign", "never"]);
    let keyring = fixture.folder.path().join("ring.gpg");
    gpg(&["--output", &keyring.display().to_string(), "--export", "ann@example.org"]);
    let mut commit = fixture.command(&[
        "-c",
        "user.signingKey=ann@example.org",
        "commit",
        "-q",
        "-S",
        "--allow-empty",
        "-m",
        "signed",
    ]);
    let now = "2026-09-30T00:00:00Z";
    output(commit.env("GNUPGHOME", home.path()).env("GIT_AUTHOR_DATE", now).env("GIT_COMMITTER_DATE", now));
    let good = fixture.head();
    let _ = Command::new("gpgconf").env("GNUPGHOME", home.path()).args(["--kill", "all"]).output();
    let (population, reasons) = verified(&fixture, &TrustedSigners::default());
    assert_eq!(status(&population, &good).0, SignatureStatus::PresentUnverified);
    assert_eq!(reasons.len(), 1);
    let signers = TrustedSigners { gpg_keyring: Some(keyring), ..TrustedSigners::default() };
    let (population, reasons) = verified(&fixture, &signers);
    assert!(reasons.is_empty(), "{reasons:?}");
    assert_eq!(
        status(&population, &good),
        (SignatureStatus::Trusted, Some("Ann <ann@example.org>".to_owned()))
    );
    assert_eq!(population.changes[0].signature.kind, Some(SignatureKind::Gpg));
}
