//! Who holds a claim, told so exactly that its end can be seen from the same machine.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    /// Name of the machine, for people.
    host: String,
    /// Its process id.
    pid: u32,
    /// Boot of the machine and space of its process ids; `None` where the system tells neither.
    space: Option<String>,
    /// When the process began, in the system's own count; tells it from a later one of the same id.
    began: Option<String>,
}

impl Holder {
    /// This process.
    pub(super) fn current() -> Self {
        let pid = std::process::id();
        Self { host: host(), pid, space: space(), began: began(pid) }
    }

    /// Whether the process has surely ended. One that cannot be seen from here counts as alive.
    pub(super) fn is_gone(&self) -> bool {
        let here = space();
        here.is_some()
            && here == self.space
            && self.began.is_some()
            && began(self.pid) != self.began
    }
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

/// Ids of processes mean the same within one boot and one process-id namespace.
fn space() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.display()))
}

/// Field 22 of `stat`, counted after the name, which may hold anything in parentheses.
fn began(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_here_and_an_ended_one_is_gone() {
        let mut holder = Holder::current();
        assert!(!holder.is_gone());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        holder.pid = child.id();
        holder.began = Some("0".into());
        child.wait().unwrap();
        assert!(holder.is_gone());
        holder.space = Some("elsewhere".into());
        assert!(!holder.is_gone());
    }
}
