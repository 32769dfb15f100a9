//! What figures were taken on, without names.

use std::process::Command;

/// Returns processor, cores, memory and kernel in one line.
#[must_use]
pub fn describe() -> String {
    let processor = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "?".to_owned());
    let memory = line_of("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes / 1024 / 1024);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = loads.split_whitespace().next().unwrap_or("?").to_owned();
    format!(
        "{cores} cores ({processor}), {memory} GiB, profile {profile}, load at the start {load}"
    )
}

fn line_of(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// Returns the memory of a process, in MiB.
#[must_use]
pub fn resident(process: u32) -> Option<f64> {
    let kibibytes = line_of(&format!("/proc/{process}/status"), "VmRSS")?;
    kibibytes.split_whitespace().next()?.parse::<f64>().ok().map(|size| size / 1024.0)
}

/// Returns the bytes that TCP carried both ways over standing connections to a local port, if `ss` is there to tell.
#[must_use]
pub fn socket_bytes(port: u16) -> Option<f64> {
    let output =
        Command::new("ss").args(["-tinH", "dst", &format!("127.0.0.1:{port}")]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let counts = text.split_whitespace().filter_map(|word| {
        let count =
            word.strip_prefix("bytes_sent:").or_else(|| word.strip_prefix("bytes_received:"))?;
        count.parse::<f64>().ok()
    });
    let counts: Vec<f64> = counts.collect();
    if counts.is_empty() { None } else { Some(counts.iter().sum()) }
}
