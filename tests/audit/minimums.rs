//! Versions that nothing here may fall below, for holes whose advisories a copy of the RustSec database may lack.
//!
//! Known on 23 November 2026: the advisories of 2026 on libp2p's family stand in GitHub's database and not in RustSec's.
//! Those on gossipsub do not concern us, since it is not compiled in; `ABSENT` keeps it so. `Cargo.lock` held the newest
//! versions on crates.io that day. Not known: advisories published later, and holes that nobody has told of.

/// Package, the first version without the hole, and which hole.
pub(crate) const MINIMUMS: &[(&str, &str, &str)] = &[
    ("yamux", "0.13.10", "CVE-2026-32314 and GHSA-4w32-2493-32g7: a frame ends the program"),
    (
        "quinn-proto",
        "0.11.15",
        "RUSTSEC-2026-0037 and RUSTSEC-2026-0185: packets end the program or fill memory",
    ),
    ("hickory-proto", "0.26.1", "RUSTSEC-2026-0119: a long message takes all the time there is"),
    ("hickory-net", "0.26.1", "RUSTSEC-2026-0120: an answer takes time without end"),
    ("rustls-webpki", "0.103.13", "RUSTSEC-2026-0049, -0098, -0099 and -0104: certificates"),
    ("snow", "0.9.5", "RUSTSEC-2024-0011: somebody without a key ends a conversation"),
    ("ed25519-dalek", "2.0.0", "RUSTSEC-2022-0093: a signature gives away the key"),
    ("curve25519-dalek", "4.1.3", "RUSTSEC-2024-0344: time tells of the key"),
    ("bytes", "1.11.1", "RUSTSEC-2026-0007: a number that overflows"),
    ("libp2p", "0.57.1", "the family that the versions above belong to"),
];

/// Packages that are not used, and why that is a matter of safety.
pub(crate) const ABSENT: &[(&str, &str)] = &[
    (
        "libp2p-gossipsub",
        "CVE-2026-33040, CVE-2026-34219, GHSA-g3g5-x568-qvqx: a message ends the program",
    ),
    ("libp2p-kad", "strangers would be told who looks for whom"),
    ("libp2p-rendezvous", "strangers would be told who looks for whom"),
];
