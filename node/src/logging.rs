//! What is logged where: to standard error, never contents of documents, names, addresses or keys.

use tracing_subscriber::EnvFilter;

/// Starts logging: warnings; with `-v` milestones, with `-vv` decisions, with `-vvv` the path. `FINGERPOST_LOG` overrules.
pub(crate) fn start(verbose: u8) {
    // Our own crates only: others' debug lines hold peers' addresses.
    let filter = EnvFilter::try_from_env("FINGERPOST_LOG")
        .unwrap_or_else(|_| EnvFilter::new(directives(verbose)));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

fn directives(verbose: u8) -> String {
    let ours = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let crates = ["fingerpost", "engine", "storage", "network", "crdt_schema"]
        .map(|name| format!("{name}={ours}"));
    format!("error,{}", crates.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_words_never_come_from_other_peoples_crates() {
        for verbose in [0, 1, 3, 200] {
            let directives = directives(verbose);
            assert!(directives.starts_with("error,"), "{directives}");
            assert!(directives.parse::<EnvFilter>().is_ok());
        }
    }
}
