//! Verifies commit signatures outside of git: the signature is taken out of the object and given to `ssh-keygen` or `gpgv` with the organisation's own list of signers.

use std::{
    collections::BTreeSet,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use gix::ObjectId;

use super::{Repository, commit};
use crate::model::change::{Change, Population, SignatureKind, SignatureStatus};

/// Who may sign. Both files belong to the organisation; nothing of the audited repository is asked.
#[derive(Clone, Debug, Default)]
pub struct TrustedSigners {
    /// As ssh-keygen(1) describes it under ALLOWED SIGNERS.
    pub allowed_signers: Option<PathBuf>,
    /// Revoked keys, as ssh-keygen's `-r` takes them.
    pub revoked_keys: Option<PathBuf>,
    /// A keyring as `gpgv --keyring` takes it.
    pub gpg_keyring: Option<PathBuf>,
}

/// A verification that takes longer is given up.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// A larger signature is no signature.
const MAX_SIGNATURE: usize = 256 << 10;
const MAX_PRINCIPALS: usize = 20;

/// Verifies every signature of the population on all threads and writes the result into its rows. Returns why some
/// stay unverified, each reason once. `progress` gets signatures done and to do.
pub fn verify_signatures(
    repository: &Repository,
    population: &mut Population,
    signers: &TrustedSigners,
    threads: usize,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Vec<String> {
    let signed: Vec<&mut Change> = population
        .changes
        .iter_mut()
        .filter(|change| change.signature.status == SignatureStatus::PresentUnverified)
        .collect();
    let total = signed.len() as u64;
    let done = AtomicU64::new(0);
    let shared = repository.inner.clone().into_sync();
    let threads = threads.clamp(1, 64);
    let mut shares: Vec<Vec<&mut Change>> = (0..threads).map(|_| Vec::new()).collect();
    for (index, change) in signed.into_iter().enumerate() {
        shares[index % threads].push(change);
    }
    let reasons: BTreeSet<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let (shared, done) = (&shared, &done);
                scope.spawn(move || {
                    let local = shared.to_thread_local();
                    let mut reasons = BTreeSet::new();
                    for change in share {
                        if let Err(reason) = verify(&local, change, signers) {
                            reasons.insert(reason);
                        }
                        progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                    }
                    reasons
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    reasons.into_iter().collect()
}

fn verify(repository: &gix::Repository, change: &mut Change, signers: &TrustedSigners) -> Result<(), String> {
    let id = ObjectId::from_hex(change.commit.as_str().as_bytes()).map_err(|error| error.to_string())?;
    let object = repository.find_object(id).map_err(|error| error.to_string())?;
    let header = commit::parse(&object.data).and_then(|raw| raw.signature).ok_or("the signature is gone")?;
    let (signature, signed) = commit::signed_parts(&object.data, &header);
    if signature.len() > MAX_SIGNATURE {
        change.signature.status = SignatureStatus::Invalid;
        return Ok(());
    }
    let (status, signer) = match change.signature.kind {
        Some(SignatureKind::Ssh) => {
            let at =
                change.committer_time.timestamp().ok_or("the commit's time cannot be used to verify it")?;
            verify_ssh(&signature, &signed, at, signers)?
        }
        Some(SignatureKind::Gpg) => verify_gpg(&signature, &signed, signers)?,
        _ => return Err("X.509 and unknown kinds of signature are not verified".to_owned()),
    };
    change.signature.status = status;
    change.signature.signer = signer;
    Ok(())
}

type Outcome = Result<(SignatureStatus, Option<String>), String>;

fn verify_ssh(signature: &[u8], signed: &[u8], at: jiff::Timestamp, signers: &TrustedSigners) -> Outcome {
    let scratch = Scratch::new(signature, signed)?;
    let time = format!("-Overify-time={}", at.strftime("%Y%m%d%H%M%S"));
    if let Some(allowed) = &signers.allowed_signers {
        let mut find = scratch.ssh_keygen("find-principals");
        let found = run(find.args(["-f"]).arg(allowed).arg(&time), None)?;
        let principals: Vec<&str> = found
            .output
            .lines()
            .filter(|line| found.success && !line.is_empty())
            .take(MAX_PRINCIPALS)
            .collect();
        for principal in principals {
            let mut verify = scratch.ssh_keygen("verify");
            verify.args(["-n", "git", "-f"]).arg(allowed).args(["-I", principal]).arg(&time);
            if let Some(revoked) = &signers.revoked_keys {
                verify.arg("-r").arg(revoked);
            }
            if run(&mut verify, Some(&scratch.signed))?.success {
                return Ok((SignatureStatus::Trusted, Some(principal.to_owned())));
            }
        }
    }
    let check = run(scratch.ssh_keygen("check-novalidate").args(["-n", "git"]), Some(&scratch.signed))?;
    let key = check.output.split_whitespace().find(|word| word.starts_with("SHA256:")).map(str::to_owned);
    Ok(if check.success { (SignatureStatus::Valid, key) } else { (SignatureStatus::Invalid, None) })
}

fn verify_gpg(signature: &[u8], signed: &[u8], signers: &TrustedSigners) -> Outcome {
    let Some(keyring) = &signers.gpg_keyring else {
        return Err("no keyring was given, so GPG signatures stay unverified".to_owned());
    };
    let scratch = Scratch::new(signature, signed)?;
    let keyring = std::path::absolute(keyring).map_err(|error| error.to_string())?;
    let mut gpgv = command("gpgv", scratch.folder.path());
    gpgv.args(["--status-fd", "1", "--homedir"]).arg(scratch.folder.path()).arg("--keyring").arg(keyring);
    let result = run(gpgv.arg(&scratch.signature).arg(&scratch.signed), None)?;
    let status = |word: &str| {
        let line = result.output.lines().find_map(|line| line.strip_prefix("[GNUPG:] ")?.strip_prefix(word));
        line.map(|rest| rest.trim().to_owned())
    };
    if status("BADSIG ").is_some() {
        return Ok((SignatureStatus::Invalid, None));
    }
    let signer = |line: String| line.split_once(' ').map_or(line.clone(), |(_, name)| name.to_owned());
    if let Some(line) = ["EXPSIG ", "EXPKEYSIG ", "REVKEYSIG "].into_iter().find_map(status) {
        return Ok((SignatureStatus::Valid, Some(signer(line))));
    }
    match status("GOODSIG ") {
        Some(line) if result.success && status("VALIDSIG ").is_some() => {
            Ok((SignatureStatus::Trusted, Some(signer(line))))
        }
        _ => Err("some GPG signatures are by keys that the keyring does not hold".to_owned()),
    }
}

/// A private folder with the two files that a verifier needs.
struct Scratch {
    folder: tempfile::TempDir,
    signature: PathBuf,
    signed: PathBuf,
}

impl Scratch {
    fn new(signature: &[u8], signed: &[u8]) -> Result<Self, String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let shown = |error: std::io::Error| format!("no scratch folder to verify signatures in: {error}");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            tempfile::Builder::new().prefix(&format!("signature-{number}-")).tempdir().map_err(shown)?;
        let scratch =
            Self { signature: folder.path().join("signature"), signed: folder.path().join("signed"), folder };
        std::fs::write(&scratch.signature, signature).map_err(shown)?;
        std::fs::write(&scratch.signed, signed).map_err(shown)?;
        Ok(scratch)
    }

    fn ssh_keygen(&self, action: &str) -> Command {
        let mut command = command("ssh-keygen", self.folder.path());
        command.args(["-Y", action, "-s"]).arg(&self.signature);
        command
    }
}

/// A verifier with nothing of our environment but where programs lie.
fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("TZ", "UTC").env("LC_ALL", "C").env("HOME", folder);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

struct Ran {
    success: bool,
    output: String,
}

fn run(command: &mut Command, input: Option<&Path>) -> Result<Ran, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let stdin = match input {
        Some(path) => Stdio::from(File::open(path).map_err(|error| error.to_string())?),
        None => Stdio::null(),
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{name} cannot be started ({error}), so signatures stay unverified"))?;
    let started = Instant::now();
    let mut pause = Duration::from_micros(300);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let mut output = String::new();
                if let Some(stdout) = child.stdout.take() {
                    // Output that is no text names no signer.
                    let _ = stdout.take(64 << 10).read_to_string(&mut output);
                }
                return Ok(Ran { success: status.success(), output });
            }
            Ok(None) if started.elapsed() < TIME_LIMIT => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} did not end in time"));
            }
        }
    }
}
