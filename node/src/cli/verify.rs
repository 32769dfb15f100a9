//! `fingerpost verify`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use crdt_schema::bundle::{Bundle, SignedVersion, Verified, VerifiedDocument};
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::OrganizationId;
use crdt_schema::limits;
use crdt_schema::sign_off;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::cli::output::{Output, text};
use crate::http::api::time;

/// Check a signed export, without a data folder or a network
///
/// Reads a file made with "doc export --format bundle" or "workspace audit" and checks every signature, every right and every change. Exits with status 1 if anything is not as it should be.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file
    file: PathBuf,
    /// Print the fingerprint of the words of this version, to compare with one on paper or on a public page [default: of the newest]
    #[arg(long, value_name = "VERSION")]
    heads: Option<Heads>,
}

pub(crate) async fn run(Args { file, heads }: Args, output: &mut Output) -> anyhow::Result<()> {
    let bytes = read(&file).await?;
    // Judging thousands of signatures takes a while; nobody else is waiting in this program.
    let proven = tokio::task::spawn_blocking(move || Bundle::from_json(&bytes)?.verify())
        .await
        .context("the check was cut short")?
        .with_context(|| format!("{} does not prove what it should", file.display()))?;
    let knows = |document: &VerifiedDocument| {
        heads.as_ref().is_none_or(|heads| document.document.knows(heads))
    };
    anyhow::ensure!(
        proven.documents.iter().any(knows) || heads.is_none(),
        "{} does not hold that version of a document. Compare the version with where you have it from",
        file.display()
    );
    output.result(&to_json(&proven, heads.as_ref()), words)?;
    Ok(())
}

/// Reads no more than a bundle may have.
async fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let opened = tokio::fs::File::open(file)
        .await
        .with_context(|| format!("cannot read {}", file.display()))?;
    let most = u64::try_from(limits::BUNDLE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    opened
        .take(most)
        .read_to_end(&mut bytes)
        .await
        .with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

fn to_json(proven: &Verified, heads: Option<&Heads>) -> Value {
    let state = proven.state();
    let members: Vec<Value> = state
        .members
        .iter()
        .map(|(id, member)| {
            json!({
                "organization": {"id": id, "name": member.name(), "sector": member.sector()},
                "role": member.role,
                "state": crate::http::api::members::standing(member.standing),
            })
        })
        .collect();
    let documents = proven.documents.iter().map(|document| document_json(proven, document, heads));
    json!({
        "verified": true,
        "workspace": {"id": proven.workspace(), "name": state.name},
        "entries": proven.log.len(),
        "members": members,
        "documents": documents.collect::<Vec<_>>(),
    })
}

fn document_json(proven: &Verified, document: &VerifiedDocument, heads: Option<&Heads>) -> Value {
    let version = heads.unwrap_or(&document.heads);
    let content = document.document.content_at(version).ok();
    let written: Vec<Value> = document
        .written
        .iter()
        .map(|written| {
            json!({
                "envelope": written.envelope,
                "organization": {
                    "id": written.organization,
                    "name": name_of(proven, &written.organization),
                },
                "person": written.person,
                "time": time(written.time),
                "counts": written.out.is_none(),
            })
        })
        .collect();
    json!({
        "id": document.id,
        "title": documents::title(&document.document.content()),
        "heads": document.heads,
        "version": content.map(|content| json!({
            "heads": version,
            "title": documents::title(&content),
            "text": sign_off::text_of(&content),
            "fingerprint": sign_off::text_of(&content).in_groups(),
        })),
        "audience": document.audience,
        "written": written,
        "signatures": document.signed.iter().map(|signed| signature_json(proven, signed)).collect::<Vec<_>>(),
    })
}

fn name_of(proven: &Verified, organization: &OrganizationId) -> Option<String> {
    proven.state().members.get(organization).map(|member| member.name().to_string())
}

fn signature_json(proven: &Verified, signed: &SignedVersion) -> Value {
    let SignedVersion { written, sign_off, content, withdrawn } = signed;
    let name = name_of(proven, &written.organization);
    json!({
        "id": written.envelope,
        "organization": {"id": written.organization, "name": name},
        "signatory": sign_off.signatory,
        "title": sign_off.title,
        "person": written.person,
        "time": time(written.time),
        "heads": sign_off.heads(),
        "text": sign_off.text,
        "counts": written.out.is_none(),
        "withdrawn": withdrawn.as_ref().map(|by| json!({
            "id": by.envelope, "person": by.person, "time": time(by.time),
        })),
        "content": content,
    })
}

fn signed_words(document: &Value, signed: &Value) -> String {
    let stands = if signed["counts"] == false {
        "It does not count."
    } else if !signed["withdrawn"].is_null() {
        "It was taken back."
    } else if signed["heads"] == document["heads"] {
        "That is the newest version."
    } else {
        "The document was changed since."
    };
    format!(
        "  Signed by {}, {}, for {} ({}). Version {}, words with the fingerprint {}, which is true. {stands}",
        text(signed, "/signatory"),
        text(signed, "/title"),
        text(signed, "/organization/name"),
        text(signed, "/time"),
        text(signed, "/heads"),
        text(signed, "/text"),
    )
}

fn words(proven: &Value) -> String {
    let count =
        |pointer: &str| proven.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    let mut lines = vec![format!(
        "All signatures and rights hold: {} membership entries of {}, {} organisations.",
        proven.get("entries").and_then(Value::as_u64).unwrap_or_default(),
        text(proven, "/workspace/name"),
        count("/members"),
    )];
    for document in proven.get("documents").and_then(Value::as_array).into_iter().flatten() {
        let written = document.get("written").and_then(Value::as_array);
        let out = written.into_iter().flatten().filter(|it| it["counts"] == false).count();
        lines.push(format!(
            "Document \"{}\": {} signed changes, {out} of them do not count. Version {}",
            text(document, "/title"),
            written.map_or(0, Vec::len),
            text(document, "/heads"),
        ));
        let version = document.get("version").filter(|version| !version.is_null());
        lines.extend(version.map(|version| {
            let (heads, title) = (text(version, "/heads"), text(version, "/title"));
            let fingerprint = text(version, "/fingerprint");
            format!("  Version {heads}, \"{title}\": its words have the fingerprint {fingerprint}")
        }));
        let signatures = document.get("signatures").and_then(Value::as_array);
        lines.extend(signatures.into_iter().flatten().map(|one| signed_words(document, one)));
    }
    lines.push("Times are claims of whoever signed. Whether something newer exists elsewhere a file cannot say.".to_owned());
    lines.join("\n")
}
