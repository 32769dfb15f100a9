//! Runs the tests of the islands' arithmetic and protocol, which are TypeScript.

use std::process::Command;

#[test]
fn the_islands_tests_pass() {
    let bundle = concat!(env!("OUT_DIR"), "/npm/out/splices.test.mjs");
    let answer = Command::new("node")
        .args(["--test", bundle])
        .output()
        .expect("Node.js built this, so it is there");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stdout));
}
