//! Confinement of the running process by the kernel's own rules, for machines without bubblewrap: Landlock keeps it from
//! files, signals and sockets, seccomp from the calls that Landlock does not know.

use std::ffi::OsString;
use std::path::PathBuf;

/// What a confined process may reach, and what it then becomes.
pub struct Confinement {
    /// Files and folders that may be read and executed.
    pub read: Vec<PathBuf>,
    /// The scratch folder.
    pub write: PathBuf,
    /// Whom the process becomes where root starts it.
    pub uid: Option<u32>,
    /// The program, absolute, and its arguments.
    pub program: Vec<OsString>,
}

/// Confines this process for ever and becomes the program; returns only where that failed.
///
/// Only the calling thread and what it starts are confined: call it in a process of its own, with one thread.
#[cfg(target_os = "linux")]
pub fn confine(confinement: &Confinement) -> String {
    use std::os::unix::process::CommandExt;
    let Some((program, arguments)) = confinement.program.split_first() else {
        return "there is no program to run".to_owned();
    };
    if let Err(why) = rules::apply(confinement) {
        return why;
    }
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    if let Some(uid) = confinement.uid {
        command.uid(uid).gid(uid);
    }
    format!("{}: {}", program.to_string_lossy(), command.exec())
}

/// Other systems have no such rules.
#[cfg(not(target_os = "linux"))]
pub fn confine(_: &Confinement) -> String {
    "this system has neither Landlock nor seccomp".to_owned()
}

#[cfg(target_os = "linux")]
mod rules {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetError, RulesetStatus, Scope, path_beneath_rules,
    };
    use libc::c_long;
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch, apply_filter,
    };

    use super::Confinement;

    /// Signals and abstract sockets have been kept in since this version (Linux 6.12). Without that a hook could stop
    /// processes of its user, so an older kernel confines nothing here.
    const LANDLOCK: ABI = ABI::V6;
    /// Devices that every program expects to write to.
    const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

    /// Refused: sockets of every family, also the host's own services; kernel keys; shared memory; other processes.
    const REFUSED: &[c_long] = &[
        libc::SYS_socket,
        libc::SYS_io_uring_setup,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_keyctl,
        libc::SYS_shmget,
        libc::SYS_msgget,
        libc::SYS_semget,
        libc::SYS_mq_open,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setscheduler,
        libc::SYS_ioprio_set,
        libc::SYS_fchown,
        libc::SYS_fchownat,
        libc::SYS_setxattr,
        libc::SYS_lsetxattr,
        libc::SYS_fsetxattr,
        libc::SYS_removexattr,
        libc::SYS_lremovexattr,
        libc::SYS_fremovexattr,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chown,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_lchown,
    ];
    /// Answered with success and not done. Landlock does not govern modes and times of files, so a hook could change
    /// those of its user's files; and a process that leaves its group would outlive the deadline.
    const IGNORED: &[c_long] = &[
        libc::SYS_setsid,
        libc::SYS_setpgid,
        libc::SYS_setpriority,
        libc::SYS_fchmod,
        libc::SYS_fchmodat,
        SYS_FCHMODAT2,
        libc::SYS_utimensat,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_chmod,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_utime,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_utimes,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_futimesat,
    ];
    /// The same number on every architecture; not in every C library's list.
    const SYS_FCHMODAT2: c_long = 452;
    /// Set in the numbers of the 32-bit calls of x86-64, which a filter by number must name as well.
    #[cfg(target_arch = "x86_64")]
    const X32: c_long = 0x4000_0000;

    pub fn apply(confinement: &Confinement) -> Result<(), String> {
        landlock(confinement).map_err(|error| {
            format!("landlock: {error}; it needs Linux 6.12 or newer with Landlock switched on")
        })?;
        seccomp().map_err(|error| format!("seccomp: {error}"))
    }

    fn landlock(confinement: &Confinement) -> Result<(), RulesetError> {
        let write = AccessFs::from_all(LANDLOCK);
        let device = AccessFs::ReadFile | AccessFs::WriteFile;
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(write)?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            .add_rules(path_beneath_rules(&confinement.read, AccessFs::from_read(LANDLOCK)))?
            .add_rules(path_beneath_rules([&confinement.write], write))?
            .add_rules(path_beneath_rules(DEVICES, device))?
            .restrict_self()?;
        debug_assert_eq!(status.ruleset, RulesetStatus::FullyEnforced, "anything less is an error above");
        Ok(())
    }

    fn seccomp() -> Result<(), seccompiler::Error> {
        // The last filter put in place must not forbid putting it in place: none of these does.
        filter(IGNORED, Vec::new(), 0)?;
        // The limits of another process: its number is the first argument, and 0 means the caller.
        let other = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?;
        let limits = vec![(libc::SYS_prlimit64, SeccompRule::new(vec![other])?)];
        filter(REFUSED, limits, libc::EPERM.unsigned_abs())
    }

    fn filter(
        calls: &[c_long],
        conditional: Vec<(c_long, SeccompRule)>,
        errno: u32,
    ) -> Result<(), seccompiler::Error> {
        let arch = TargetArch::try_from(std::env::consts::ARCH)?;
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        let mut put = |call: c_long, chain: Vec<SeccompRule>| {
            #[cfg(target_arch = "x86_64")]
            rules.insert(call | X32, chain.clone());
            rules.insert(call, chain);
        };
        for call in calls {
            put(*call, Vec::new());
        }
        for (call, rule) in conditional {
            put(call, vec![rule]);
        }
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), arch)?;
        let program: BpfProgram = filter.try_into()?;
        apply_filter(&program)
    }
}
