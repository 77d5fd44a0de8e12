//! What Linux says about processes (time on the processor and memory), and about what the host of a virtual machine took.

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;

/// The unit of `/proc/<pid>/stat` on every Linux that we meet (`getconf CLK_TCK`).
const TICKS_PER_SECOND: u64 = 100;

struct Stat {
    parent: u32,
    own: u64,
    reaped: u64,
}

fn stat(pid: u32) -> Outcome<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything.
    let (_, rest) = text
        .rsplit_once(')')
        .ok_or("an unknown form of /proc/<pid>/stat")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |index: usize| -> Outcome<u64> {
        Ok(fields
            .get(index)
            .ok_or("a short /proc/<pid>/stat")?
            .parse()?)
    };
    Ok(Stat {
        parent: u32::try_from(field(1)?)?,
        own: field(11)? + field(12)?,
        reaped: field(13)? + field(14)?,
    })
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1000 / TICKS_PER_SECOND)
}

/// Time that a process was on the processor, in all its threads.
pub fn cpu(pid: u32) -> Outcome<Duration> {
    Ok(ticks(stat(pid)?.own))
}

/// Time that a process and its children were on the processor, those that have ended included.
pub fn cpu_of_family(pid: u32) -> Outcome<Duration> {
    let head = stat(pid)?;
    let mut sum = head.own + head.reaped;
    for entry in fs::read_dir("/proc")? {
        let Some(child) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // It may end between the list and the look.
        if let Ok(child) = stat(child)
            && child.parent == pid
        {
            sum += child.own + child.reaped;
        }
    }
    Ok(ticks(sum))
}

/// Resident memory now, in MB of a million bytes.
pub fn resident(pid: u32) -> Outcome<f64> {
    status(pid, "VmRSS:")
}

/// The most that was ever resident, in MB of a million bytes.
pub fn peak_resident(pid: u32) -> Outcome<f64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> Outcome<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .ok_or("no memory in /proc/<pid>/status")?;
    let kib: f64 = line
        .split_ascii_whitespace()
        .next()
        .ok_or("no memory in /proc/<pid>/status")?
        .parse()?;
    Ok(kib * 1024.0 / 1e6)
}

/// Ticks in which the host of this virtual machine gave its processors to others, since it began.
fn stolen() -> Outcome<u64> {
    let text = fs::read_to_string("/proc/stat")?;
    let all = text.lines().next().ok_or("an empty /proc/stat")?;
    // The name, then user, nice, system, idle, iowait, irq, softirq, steal.
    let steal = all.split_ascii_whitespace().nth(8);
    Ok(steal.ok_or("a short /proc/stat")?.parse()?)
}

/// From when on it is counted what the host takes.
pub struct Since {
    stolen: u64,
    at: Instant,
}

impl Since {
    /// From now on.
    pub fn now() -> Outcome<Self> {
        Ok(Self {
            stolen: stolen()?,
            at: Instant::now(),
        })
    }

    /// Percent of all processors that the host gave to others.
    pub fn taken(&self) -> Outcome<f64> {
        let taken = ticks(stolen()?.saturating_sub(self.stolen));
        let processors = std::thread::available_parallelism()?.get();
        let all = self.at.elapsed() * u32::try_from(processors)?;
        Ok(100.0 * taken.as_secs_f64() / all.as_secs_f64())
    }
}

/// How many processes wanted the processor in the last minute, on average.
pub fn load_average() -> Outcome<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().ok_or("no load average")?.parse()?)
}
