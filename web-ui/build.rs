//! Builds the styles and the islands: `npm ci`, Sass, esbuild and the TypeScript compiler, all inside `OUT_DIR`.
//!
//! Nothing is written next to the sources, and an edit of Rust alone runs none of it again. `npm ci` is left out when
//! the packages that stand in `OUT_DIR` already fit the lock file.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use sha2::{Digest, Sha256};

/// What the build reads. Cargo looks into folders by itself.
const INPUTS: &[&str] =
    &["build.rs", "package.json", "package-lock.json", "tsconfig.json", "islands", "static"];

/// Name, where it is found below the work folder, ending, and type of each asset that the pages use.
const ASSETS: &[(&str, &str, &str, &str)] = &[
    ("style", "out/fingerpost.css", "css", "text/css; charset=utf-8"),
    ("script", "out/fingerpost.js", "js", "text/javascript; charset=utf-8"),
    ("icon", "static/fingerpost.svg", "svg", "image/svg+xml"),
];

fn main() -> ExitCode {
    for input in INPUTS {
        println!("cargo::rerun-if-changed={input}");
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("cargo::error={}", why.replace('\n', " | "));
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let source = folder("CARGO_MANIFEST_DIR")?;
    let out = folder("OUT_DIR")?;
    let work = out.join("npm");
    for input in INPUTS.iter().skip(1) {
        copy(&source.join(input), &work.join(input))
            .map_err(|why| format!("cannot copy {input}: {why}"))?;
    }
    install(&work)?;
    let node = |arguments: &[&str]| run("node", arguments, &work);
    node(&["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"])?;
    node(&[
        "node_modules/sass/sass.js",
        "--style=compressed",
        "--no-source-map",
        "--quiet-deps",
        "--load-path=node_modules",
        "static/style.scss",
        "out/fingerpost.css",
    ])?;
    let esbuild = "node_modules/esbuild/bin/esbuild";
    let bundle = ["--bundle", "--format=esm", "--target=es2022", "--log-level=warning"];
    node(
        &[&[esbuild, "islands/main.ts", "--minify", "--outfile=out/fingerpost.js"], &bundle[..]]
            .concat(),
    )?;
    node(
        &[
            &[
                esbuild,
                "islands/splices.test.ts",
                "--platform=node",
                "--outfile=out/splices.test.mjs",
            ],
            &bundle[..],
        ]
        .concat(),
    )?;
    write_list(&work, &out.join("assets.rs"))
}

fn folder(variable: &str) -> Result<PathBuf, String> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{variable} is not set; run this by cargo"))
}

/// Runs `npm ci`, unless the packages were already installed from this very lock file.
fn install(work: &Path) -> Result<(), String> {
    let stamp = work.join("node_modules/.installed-from");
    let lock = std::fs::read(work.join("package-lock.json"))
        .map_err(|why| format!("cannot read the lock file: {why}"))?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // No package needs its install script, and a package that is not run cannot do harm here.
    run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], work)?;
    std::fs::write(&stamp, lock).map_err(|why| format!("cannot write {}: {why}", stamp.display()))
}

fn run(program: &str, arguments: &[&str], work: &Path) -> Result<(), String> {
    let answer = Command::new(program).args(arguments).current_dir(work).output().map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => {
            format!("`{program}` was not found. The web pages need Node.js 20 or newer, with npm, to build. Install it and try again.")
        }
        _ => format!("cannot run {program}: {why}"),
    })?;
    if answer.status.success() {
        return Ok(());
    }
    let said = [answer.stdout, answer.stderr].concat();
    Err(format!("{program} {} failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&said)))
}

/// Makes `to` the same as `from`, a file or a folder.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        if to.exists() {
            std::fs::remove_dir_all(to)?;
        }
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(to, std::fs::read(from)?)
}

/// Writes the Rust list of assets, each with a hash of its content in its address.
fn write_list(work: &Path, list: &Path) -> Result<(), String> {
    let mut text = String::from("pub const ALL: &[Asset] = &[\n");
    let mut addresses = String::new();
    for (name, file, ending, media_type) in ASSETS {
        let file = work.join(file);
        let content =
            std::fs::read(&file).map_err(|why| format!("cannot read {}: {why}", file.display()))?;
        let mut hash = String::new();
        for byte in Sha256::digest(&content).iter().take(8) {
            let _infallible = write!(hash, "{byte:02x}");
        }
        let address = format!("/assets/{name}.{hash}.{ending}");
        let _infallible = writeln!(
            text,
            "    Asset {{ address: {address:?}, media_type: {media_type:?}, content: include_bytes!({file:?}) }},"
        );
        let _infallible = writeln!(
            addresses,
            "/// Address of the {name}.\npub const {}: &str = {address:?};",
            name.to_uppercase()
        );
    }
    text.push_str("];\n");
    std::fs::write(list, format!("/// Every asset.\n{text}{addresses}"))
        .map_err(|why| format!("cannot write {}: {why}", list.display()))
}
