//! National lists of tags that come as CSV: those of the Local Government Association and the UK Charity Activity Tags.
//!
//! Each is known by the heads of its columns. They come in as they are published: with quotes and language marks inside
//! descriptions, broken spaces and an empty last column.

use std::collections::BTreeMap;

use csv::StringRecord;
use serde_json::{Value, json};

/// Most tags of one list; protects the memory.
const TAGS: usize = 5_000;
/// Columns by which a list of the Local Government Association is known.
const LGA: [&str; 4] = ["Identifier", "Label", "Description", "Type"];
/// Columns by which the UK Charity Activity Tags are known.
const UKCAT: [&str; 6] = ["Code", "tag", "Category", "Subcategory", "Level", "Notes"];

/// Why a list cannot be brought in, and what to do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongList {
    #[error("the file is not in UTF-8. Save it as “CSV UTF-8” and try again")]
    NotUtf8,
    #[error("row {0} cannot be read. Look for a quotation mark that is not closed before it")]
    Row(usize),
    #[error("row {0} has no code or no name. Fill both in, or remove the row")]
    Empty(usize),
    #[error(
        "row {row} has the code “{code}”, like a row before it. Give it another, or remove the row"
    )]
    Twice { row: usize, code: String },
    #[error(
        "row {row} is part of “{parent}”, which is not in the file. Add that row, or empty the cell"
    )]
    NoParent { row: usize, parent: String },
    #[error("row {0} is of another type than the rows before it. Bring in one type at a time")]
    Types(usize),
    #[error("the file has more than {TAGS} tags. Split it into several lists")]
    TooMany,
    #[error("the file has no tags, only the heads of its columns")]
    NoTags,
}

/// Returns the list of tags that a CSV file of one of these lists holds; nothing if it is no such file.
pub(crate) fn from_csv(file: &[u8]) -> Option<Result<Value, WrongList>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let heads = reader.byte_headers().ok()?.clone();
    let has = |wanted: &[&str]| {
        wanted.iter().all(|name| heads.iter().any(|head| head == name.as_bytes()))
    };
    let of: fn(&[Row]) -> Result<Value, WrongList> = if has(&LGA) {
        lga
    } else if has(&UKCAT) {
        ukcat
    } else {
        return None;
    };
    if std::str::from_utf8(file).is_err() {
        return Some(Err(WrongList::NotUtf8));
    }
    Some(rows(reader).and_then(|rows| of(&rows)))
}

/// A row by the heads of its columns, and its number in the file.
struct Row {
    number: usize,
    cells: BTreeMap<String, String>,
}

impl Row {
    fn get(&self, column: &str) -> &str {
        self.cells.get(column).map(String::as_str).unwrap_or_default()
    }
}

fn rows(mut reader: csv::Reader<&[u8]>) -> Result<Vec<Row>, WrongList> {
    let heads = reader.headers().map_err(|_| WrongList::Row(1))?.clone();
    let mut rows = Vec::new();
    // The first row has the heads.
    for (number, record) in (2_usize..).zip(reader.records()) {
        let record = record.map_err(|_| WrongList::Row(number))?;
        if rows.len() >= TAGS {
            return Err(WrongList::TooMany);
        }
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(Row { number, cells: cells(&heads, &record) });
        }
    }
    if rows.is_empty() { Err(WrongList::NoTags) } else { Ok(rows) }
}

fn cells(heads: &StringRecord, record: &StringRecord) -> BTreeMap<String, String> {
    heads.iter().zip(record).map(|(head, cell)| (head.to_owned(), clean(cell))).collect()
}

/// Mends what the published files do to text: `"…"@en` around it, and spaces that were decoded wrongly.
fn clean(cell: &str) -> String {
    let cell = cell.trim();
    let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix("\"@en"));
    let cell = inner.unwrap_or(cell).replace("Â\u{a0}", " ").replace('\u{a0}', " ");
    cell.trim().to_owned()
}

fn lga(rows: &[Row]) -> Result<Value, WrongList> {
    let of = rows.first().map(|row| row.get("Type")).unwrap_or_default();
    if let Some(row) = rows.iter().find(|row| row.get("Type") != of) {
        return Err(WrongList::Types(row.number));
    }
    let prefix = match of {
        "Service" => "esdServiceType".to_owned(),
        _ => format!("esd{}", of.replace(char::is_whitespace, "")),
    };
    let codes = codes(rows, "Identifier", "Label")?;
    let mut terms = Vec::new();
    for row in rows {
        let code = row.get("Identifier");
        let mut term = term(&prefix, code, row.get("Label"), row.get("Description"));
        // A list may have several parents; the first is the one it stands under.
        let parent =
            row.get("Parent identifiers").split([',', ';']).next().unwrap_or_default().trim();
        if !parent.is_empty() {
            if !codes.contains_key(parent) {
                return Err(WrongList::NoParent { row: row.number, parent: parent.to_owned() });
            }
            put(&mut term, "broader", &format!("{prefix}:{parent}"));
        }
        terms.push(term);
    }
    let title = format!("Local government {}", several(of));
    let source = "A list of the Local Government Association (LG Inform Plus programme), under the Open Government Licence.";
    Ok(list(&title, source, "OGL-UK-3.0", &prefix, terms))
}

fn several(of: &str) -> String {
    match of {
        "" => "tags".to_owned(),
        of => format!("{}s", of.to_lowercase()),
    }
}

fn ukcat(rows: &[Row]) -> Result<Value, WrongList> {
    const PREFIX: &str = "ukcat";
    codes(rows, "Code", "tag")?;
    let by_name: BTreeMap<&str, &str> =
        rows.iter().rev().map(|row| (row.get("tag"), row.get("Code"))).collect();
    let mut terms = Vec::new();
    for row in rows {
        let (code, name) = (row.get("Code"), row.get("tag"));
        let mut term = term(PREFIX, code, name, "");
        put(&mut term, "scopeNote", row.get("Notes"));
        let above = [row.get("Subcategory"), row.get("Category")];
        let above = above.into_iter().find(|parent| !parent.is_empty() && *parent != name);
        if let Some(parent) = above.filter(|_| row.get("Level") != "1") {
            let Some(code) = by_name.get(parent) else {
                return Err(WrongList::NoParent { row: row.number, parent: parent.to_owned() });
            };
            put(&mut term, "broader", &format!("{PREFIX}:{code}"));
        }
        let related = row.get("Related ICNPTSO code").split(';').map(str::trim);
        let mappings: Vec<Value> = related
            .filter(|code| !code.is_empty())
            .map(|code| json!({"relation": "relatedMatch", "target": format!("icnptso:{code}")}))
            .collect();
        if let Some(fields) = term.as_object_mut().filter(|_| !mappings.is_empty()) {
            fields.insert("mappings".to_owned(), Value::Array(mappings));
        }
        terms.push(term);
    }
    let source = "UK Charity Activity Tags (charityclassification.org.uk), by NCVO, C. Damm and D. Kane, under CC BY 4.0.";
    Ok(list("UK Charity Activity Tags", source, "CC-BY-4.0", PREFIX, terms))
}

/// Returns the codes with their rows; each has to be there once, with a name.
fn codes<'a>(
    rows: &'a [Row],
    code: &str,
    name: &str,
) -> Result<BTreeMap<&'a str, usize>, WrongList> {
    let mut codes = BTreeMap::new();
    for row in rows {
        let code = row.get(code);
        if code.is_empty() || row.get(name).is_empty() {
            return Err(WrongList::Empty(row.number));
        }
        if codes.insert(code, row.number).is_some() {
            return Err(WrongList::Twice { row: row.number, code: code.to_owned() });
        }
    }
    Ok(codes)
}

fn term(prefix: &str, code: &str, name: &str, definition: &str) -> Value {
    let mut term = json!({
        "prefLabel": name, "code": code, "curie": format!("{prefix}:{code}"), "status": "in_use",
    });
    put(&mut term, "definition", definition);
    term
}

fn put(term: &mut Value, field: &str, text: &str) {
    if let Some(fields) = term.as_object_mut().filter(|_| !text.is_empty()) {
        fields.insert(field.to_owned(), json!(text));
    }
}

fn list(title: &str, source: &str, licence: &str, prefix: &str, terms: Vec<Value>) -> Value {
    json!({
        "document_type": "tagging_convention",
        "title": title,
        "description": source,
        "status": "published",
        "language": "en-GB",
        "licence": licence,
        "body": {"taxonomy": {"name": title, "curie_prefix": prefix}, "terms": terms},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: &str = "Identifier,Label,Description,Created,Modified,History notes,Type,Parent identifiers,Parent labels,\n\
        1,Advice and benefits,,2013-04-03,2013-04-03,,Function,,,\n\
        2,Advice and welfare rights,\"\"\"Help with forms.\nAnd more\u{c2}\u{a0}on benefits.\"\"@en\",2013-04-03,2013-04-03,,Function,1,Advice and benefits,\n";
    const ACTIVITIES: &str = "Code,tag,Category,Subcategory,Level,Notes,Related ICNPTSO code,Regular expression,Exclude regular expression\n\
        AR,Arts,Arts,,1,Includes crafts,A10;A11,\\barts?\\b,\n\
        AR200,Media and publishing,Arts,Media and publishing,2,,,,\n\
        AR201,Radio,Arts,Media and publishing,3,,A20,,\n";

    fn read(file: &str) -> Result<Value, WrongList> {
        from_csv(file.as_bytes()).unwrap()
    }

    #[test]
    fn a_list_of_local_government_comes_in_with_its_tree_and_mended_texts() {
        let list = read(FUNCTIONS).unwrap();
        assert_eq!(list["title"], "Local government functions");
        let term = &list["body"]["terms"][1];
        assert_eq!(term["definition"], "Help with forms.\nAnd more on benefits.");
        assert_eq!(
            (&term["curie"], &term["broader"]),
            (&json!("esdFunction:2"), &json!("esdFunction:1"))
        );
        assert!(crdt_schema::documents::check(&list).is_ok());
        let services = "Identifier,Label,Description,Created,Modified,History notes,Type\n225,Adult carers,,,,,Service\n";
        let services = read(services).unwrap();
        assert_eq!(services["body"]["terms"][0]["curie"], "esdServiceType:225");
    }

    #[test]
    fn charity_activity_tags_come_in_with_their_tree_and_matches() {
        let list = read(ACTIVITIES).unwrap();
        let terms = &list["body"]["terms"];
        assert_eq!(terms[0].get("broader"), None);
        assert_eq!(
            (&terms[1]["broader"], &terms[2]["broader"]),
            (&json!("ukcat:AR"), &json!("ukcat:AR200"))
        );
        assert_eq!(terms[0]["mappings"][1]["target"], "icnptso:A11");
        assert_eq!(terms[0]["scopeNote"], "Includes crafts");
        assert!(crdt_schema::documents::check(&list).is_ok());
    }

    #[test]
    fn a_faulty_list_is_told_where_and_other_files_are_let_be() {
        let head = "Identifier,Label,Description,Type,Parent identifiers\n";
        for (rows, wrong) in [
            ("", WrongList::NoTags),
            (
                "1,One,,Function,\n1,Two,,Function,\n",
                WrongList::Twice { row: 3, code: "1".to_owned() },
            ),
            ("1,,,Function,\n", WrongList::Empty(2)),
            ("1,One,,Function,\n2,Two,,Need,\n", WrongList::Types(3)),
            ("1,One,,Function,9\n", WrongList::NoParent { row: 2, parent: "9".to_owned() }),
        ] {
            assert_eq!(read(&format!("{head}{rows}")).unwrap_err(), wrong, "{rows}");
        }
        let broken = [head.as_bytes(), b"1,\xff,,Function,\n"].concat();
        assert_eq!(from_csv(&broken).unwrap().unwrap_err(), WrongList::NotUtf8);
        for (count, fits) in [(TAGS - 1, true), (TAGS, true), (TAGS + 1, false)] {
            let rows: String = (0..count).map(|n| format!("{n},Tag {n},,Need,\n")).collect();
            assert_eq!(read(&format!("{head}{rows}")).is_ok(), fits, "{count}");
        }
        for other in ["", "name,total\nA,3\n", "{}", "@prefix a: <b> ."] {
            assert!(from_csv(other.as_bytes()).is_none(), "{other}");
        }
    }
}
