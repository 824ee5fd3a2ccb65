//! Whole processes, timed and weighed, in turns.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One run of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    /// Peak resident memory in MiB.
    pub(crate) mebibytes: f64,
    /// Time of all its threads, in seconds, of the last look before the end.
    pub(crate) cpu: f64,
    /// Bytes read, from disk or not.
    pub(crate) read: f64,
}

/// Runs a command to its end. Its exit code is not looked at: real data has real faults.
pub(crate) fn once(command: &mut Command) -> Sample {
    let started = Instant::now();
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let process = format!("/proc/{}", child.id());
    let mut peak = 0.0_f64;
    let (mut cpu, mut read) = (0.0_f64, 0.0_f64);
    loop {
        // The high-water mark only ever rises, so the last look before the end is the peak but for the
        // last millisecond.
        peak = peak.max(high_water(&format!("{process}/status")).unwrap_or(0.0));
        cpu = cpu.max(processor(&format!("{process}/stat")).unwrap_or(0.0));
        read = read.max(bytes_read(&format!("{process}/io")).unwrap_or(0.0));
        match child.try_wait().expect("the program is waited for") {
            Some(_) => break,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    Sample { seconds: started.elapsed().as_secs_f64(), mebibytes: peak, cpu, read }
}

fn high_water(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// User and system time, in seconds; the kernel counts in hundredths.
fn processor(stat: &str) -> Option<f64> {
    let text = std::fs::read_to_string(stat).ok()?;
    // The name of the program, in brackets, may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn bytes_read(io: &str) -> Option<f64> {
    let text = std::fs::read_to_string(io).ok()?;
    text.lines().find_map(|line| line.strip_prefix("rchar:"))?.trim().parse().ok()
}

/// This program, to run a measured part of it as a process of its own.
pub(crate) fn bare_command(name: &str, lines: &Path, orders: &Path) -> Command {
    let mut bare = Command::new(std::env::current_exe().expect("the program knows its path"));
    bare.args(["--child", name]).arg(lines).arg(orders);
    bare
}

/// A line for each command.
pub(crate) fn table(names: &[&str], samples: &[Vec<Sample>]) {
    for (name, samples) in names.iter().zip(samples) {
        let (least, middle, most) = spread(samples, |sample| sample.seconds);
        let (_, cpu, _) = spread(samples, |sample| sample.cpu);
        let (_, read, _) = spread(samples, |sample| sample.read);
        crate::print(&format!(
            "       {name:19} {least:.2} / {middle:.2} / {most:.2} s, {cpu:.2} s CPU, {:.0} MiB, {:.0} MB read\n",
            most_memory(samples),
            read / 1e6
        ));
    }
}

/// The most memory of any run, in MiB.
pub(crate) fn most_memory(samples: &[Sample]) -> f64 {
    spread(samples, |sample| sample.mebibytes).2
}

/// The ratio of the medians of wall time, and beside it that of CPU time.
pub(crate) fn ratio(what: &str, own: &[Sample], other: &[Sample], most: f64) {
    let middle = |samples: &[Sample], of: fn(&Sample) -> f64| spread(samples, of).1;
    let cpu = middle(own, |sample| sample.cpu) / middle(other, |sample| sample.cpu);
    figure(
        what,
        middle(own, |sample| sample.seconds) / middle(other, |sample| sample.seconds),
        most,
        "x",
    );
    crate::print(&format!("       the same in CPU time {cpu:34.2} x\n"));
}

/// Runs each command `rounds` times, in turns, after a round that is thrown away.
pub(crate) fn in_turns(rounds: usize, commands: &mut [Command]) -> Vec<Vec<Sample>> {
    let mut samples = vec![Vec::new(); commands.len()];
    for round in 0..=rounds {
        for (command, samples) in commands.iter_mut().zip(&mut samples) {
            let sample = once(command);
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    samples
}

/// Smallest, middle and greatest of a figure.
pub(crate) fn spread(samples: &[Sample], figure: impl Fn(&Sample) -> f64) -> (f64, f64, f64) {
    let mut values: Vec<_> = samples.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    (at(0), at(values.len() / 2), at(values.len().saturating_sub(1)))
}

/// A figure with what it may be at most.
pub(crate) fn figure(what: &str, value: f64, most: f64, unit: &str) {
    let word = if value <= most { "ok  " } else { "OVER" };
    crate::print(&format!("  {word} {what:44} {value:9.2} {unit:4} (at most {most} {unit})\n"));
}

/// A folder for data that is made once.
pub(crate) fn cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let folder = base.unwrap_or_else(std::env::temp_dir).join("assay").join("bench");
    std::fs::create_dir_all(&folder).expect("the cache folder is made");
    folder
}
