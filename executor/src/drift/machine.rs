//! What this machine has for an engine.

use std::num::NonZero;

/// Memory and threads that a process may use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Memory in bytes: the machine's, or less where the process is given less. `None` where nobody says.
    pub memory: Option<u64>,
    /// Threads that run at once.
    pub threads: Option<u32>,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let threads = std::thread::available_parallelism().map(NonZero::get).ok();
        Self {
            memory: memory(&read("/proc/meminfo"), &read("/sys/fs/cgroup/memory.max")),
            threads: threads.and_then(|threads| u32::try_from(threads).ok()),
        }
    }

    /// What it lacks of what is asked: memory in mebibytes, threads.
    pub fn lacks(&self, memory_mib: Option<u64>, threads: Option<u32>) -> Vec<String> {
        let mut lacks = Vec::new();
        let has = self.memory.map(|bytes| bytes >> 20);
        if let (Some(asked), Some(has)) = (memory_mib, has)
            && has < asked
        {
            lacks.push(format!("asks for {asked} MiB of memory, this machine has {has}"));
        }
        if let (Some(asked), Some(has)) = (threads, self.threads)
            && has < asked
        {
            lacks.push(format!("asks for {asked} threads, this machine runs {has} at once"));
        }
        lacks
    }
}

/// The lesser of what a machine has and what a process may take of it.
fn memory(machine: &str, limit: &str) -> Option<u64> {
    let line = machine.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    let limit = limit.trim().parse::<u64>().ok();
    kibibytes.map(|number| number << 10).into_iter().chain(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lesser_limit_counts_and_what_is_not_said_is_not_known() {
        let machine = "MemFree: 1 kB\nMemTotal:        8192 kB\n";
        assert_eq!(memory(machine, "max\n"), Some(8 << 20));
        assert_eq!(memory(machine, "1048576\n"), Some(1 << 20));
        assert_eq!(memory("", ""), None);
    }

    #[test]
    fn a_machine_lacks_what_is_more_than_it_has() {
        let machine = Machine { memory: Some(512 << 20), threads: Some(2) };
        assert_eq!(machine.lacks(Some(512), Some(2)), Vec::<String>::new());
        assert_eq!(
            machine.lacks(Some(1024), Some(4)),
            [
                "asks for 1024 MiB of memory, this machine has 512",
                "asks for 4 threads, this machine runs 2 at once"
            ]
        );
        assert!(Machine { memory: None, threads: None }.lacks(Some(1), Some(1)).is_empty());
    }
}
