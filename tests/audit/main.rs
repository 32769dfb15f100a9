//! What stands behind the program: which licences, from where, and with which known holes.
//!
//! Licences and origins are judged as `deny.toml` says, for every package of every platform. Advisories are those of
//! [RustSec](https://rustsec.org): set `FINGERPOST_ADVISORY_DB` to a copy of their database, or keep one in
//! `~/.cargo/advisory-db`; nothing is fetched. Without one the minimum versions in `minimums.rs` still hold.

mod minimums;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use semver::{Version, VersionReq};
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use tests::places;
use toml::Table;

use minimums::{ABSENT, MINIMUMS};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package of somebody else.
struct Package {
    name: String,
    version: Version,
    license: String,
    source: String,
}

fn packages() -> Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(places::root()?)
        .output()
        .context("running cargo metadata")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let all = metadata.get("packages").and_then(Value::as_array).context("no packages")?;
    all.iter()
        .filter(|package| package.get("source").is_some_and(Value::is_string))
        .map(|package| {
            let text = |field: &str| {
                package.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            Ok(Package {
                name: text("name"),
                version: text("version").parse()?,
                license: text("license"),
                source: text("source"),
            })
        })
        .collect()
}

fn policy() -> Result<Table> {
    let path = places::root()?.join("deny.toml");
    Ok(std::fs::read_to_string(path)?.parse()?)
}

fn strings(value: Option<&toml::Value>) -> impl Iterator<Item = &str> {
    value.and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str)
}

fn licensees<'t>(words: impl Iterator<Item = &'t str>) -> Result<Vec<Licensee>> {
    words.map(|word| Licensee::parse(word).with_context(|| word.to_owned())).collect()
}

#[test]
fn every_licence_is_one_that_we_allow() -> Result<()> {
    let policy = policy()?;
    let licenses = policy["licenses"].as_table().context("no licences")?;
    let allowed = licensees(strings(licenses.get("allow")))?;
    let exceptions = licenses.get("exceptions").and_then(toml::Value::as_array);
    let packages = packages()?;
    ensure!(packages.len() > 100, "only {} packages", packages.len());
    let mut refused = Vec::new();
    for package in &packages {
        let mut granted = allowed.clone();
        let own = exceptions
            .into_iter()
            .flatten()
            .filter(|it| it.get("crate").and_then(toml::Value::as_str) == Some(&package.name));
        for exception in own {
            granted.extend(licensees(strings(exception.get("allow")))?);
        }
        let is_allowed = Expression::parse_mode(&package.license, ParseMode::LAX)
            .is_ok_and(|it| it.evaluate(|asked| granted.iter().any(|one| one.satisfies(asked))));
        if !is_allowed {
            refused.push(format!("{} {}: {:?}", package.name, package.version, package.license));
        }
    }
    ensure!(refused.is_empty(), "not allowed by deny.toml: {refused:#?}");
    println!("{} packages, all of licences that deny.toml allows", packages.len());
    Ok(())
}

#[test]
fn a_licence_that_is_not_allowed_is_noticed() -> Result<()> {
    let allowed = licensees(strings(policy()?["licenses"].get("allow")))?;
    let judge = |text: &str| {
        Expression::parse_mode(text, ParseMode::LAX)
            .is_ok_and(|it| it.evaluate(|asked| allowed.iter().any(|one| one.satisfies(asked))))
    };
    for (text, expected) in [
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only", false),
        ("MIT AND AGPL-3.0-or-later", false),
        ("MPL-2.0", false),
        ("proprietary", false),
        ("", false),
    ] {
        ensure!(judge(text) == expected, "{text:?}");
    }
    Ok(())
}

#[test]
fn every_package_comes_from_where_it_should_and_none_is_banned() -> Result<()> {
    let policy = policy()?;
    let banned: Vec<&str> = policy["bans"]
        .get("deny")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|it| it.get("crate")?.as_str())
        .collect();
    ensure!(!banned.is_empty(), "deny.toml bans nothing");
    for Package { name, source, .. } in packages()? {
        ensure!(source == CRATES_IO, "{name} comes from {source}");
        ensure!(!banned.contains(&name.as_str()), "{name} is banned by deny.toml");
    }
    Ok(())
}

#[test]
fn no_package_is_older_than_the_holes_we_know_of() -> Result<()> {
    for Package { name, version, .. } in packages()? {
        ensure!(!ABSENT.iter().any(|(absent, _)| *absent == name), "{name} must not be used");
        for (of, minimum, why) in MINIMUMS.iter().filter(|(of, ..)| *of == name) {
            ensure!(version >= Version::parse(minimum)?, "{of} {version}, not {minimum}: {why}");
        }
    }
    Ok(())
}

/// An advisory of RustSec.
struct Advisory {
    id: String,
    /// Unsound or vulnerable; not only without a maintainer, or something to know.
    is_hole: bool,
    safe: Vec<VersionReq>,
}

fn database() -> Option<PathBuf> {
    let named = std::env::var_os("FINGERPOST_ADVISORY_DB").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo/advisory-db"));
    named.or(home).filter(|folder| folder.join("crates").is_dir())
}

fn parse(text: &str) -> Result<Option<Advisory>> {
    let block = text.split("```").nth(1).and_then(|block| block.strip_prefix("toml"));
    let table: Table = block.context("no advisory in it")?.parse()?;
    let advisory = table.get("advisory").context("no [advisory]")?;
    if advisory.get("withdrawn").is_some() {
        return Ok(None);
    }
    let id = advisory.get("id").and_then(toml::Value::as_str).context("no id")?.to_owned();
    let kind = advisory.get("informational").and_then(toml::Value::as_str);
    let versions = table.get("versions");
    let of = |field: &'static str| strings(versions.and_then(|versions| versions.get(field)));
    let safe: Result<Vec<VersionReq>, _> =
        of("patched").chain(of("unaffected")).map(VersionReq::parse).collect();
    Ok(Some(Advisory { id, is_hole: kind.is_none_or(|kind| kind == "unsound"), safe: safe? }))
}

fn is_safe(advisory: &Advisory, version: &Version) -> bool {
    // A version before a release counts as older than every range that does not name it: rather once too often.
    advisory.safe.iter().any(|range| range.matches(version))
}

#[test]
fn no_package_has_a_hole_that_an_advisory_tells_of() -> Result<()> {
    let Some(database) = database() else {
        println!("SKIPPED advisories: no copy of the RustSec database (FINGERPOST_ADVISORY_DB)");
        return Ok(());
    };
    let (mut read, mut holes) = (0, Vec::new());
    for Package { name, version, .. } in packages()? {
        let Ok(files) = std::fs::read_dir(database.join("crates").join(&name)) else { continue };
        for file in files {
            let path = file?.path();
            let text = std::fs::read_to_string(&path)?;
            let advisory = parse(&text).with_context(|| path.display().to_string())?;
            let Some(advisory) = advisory else { continue };
            read += 1;
            if is_safe(&advisory, &version) {
                continue;
            }
            println!("{name} {version}: {}", advisory.id);
            if advisory.is_hole {
                holes.push(format!("{name} {version}: {}", advisory.id));
            }
        }
    }
    println!("{read} advisories about packages of ours");
    ensure!(read > 0, "{} holds nothing about any package of ours", database.display());
    ensure!(holes.is_empty(), "{holes:#?}");
    Ok(())
}

#[test]
fn an_advisory_is_understood() -> Result<()> {
    let text = "```toml\n[advisory]\nid = \"RUSTSEC-2000-0001\"\npackage = \"x\"\n\
                [versions]\npatched = [\"^0.9.5\", \">= 0.10.5\"]\nunaffected = [\"< 0.5\"]\n```\n# X";
    let advisory = parse(text)?.context("withdrawn")?;
    ensure!(advisory.is_hole && advisory.id == "RUSTSEC-2000-0001");
    for (version, safe) in
        [("0.4.9", true), ("0.9.4", false), ("0.9.5", true), ("0.10.4", false), ("1.0.0", true)]
    {
        ensure!(is_safe(&advisory, &version.parse()?) == safe, "{version}");
    }
    let informational = text.replace("package", "informational = \"unmaintained\"\npackage");
    ensure!(parse(&informational)?.is_some_and(|advisory| !advisory.is_hole));
    let withdrawn = text.replace("package", "withdrawn = \"2000-01-02\"\npackage");
    ensure!(parse(&withdrawn)?.is_none());
    ensure!(parse("nothing").is_err());
    Ok(())
}
