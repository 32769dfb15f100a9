//! A folder and a backup of every format that there was: each opens, and shows what it showed.
//!
//! `FINGERPOST_MAKE_FIXTURE=node/storage/tests/fixtures/format-N cargo test -p storage --test formats` makes those of a new format.
#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    reason = "a test fails where something is missing"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crdt_schema::audience::Audience;
use crdt_schema::document::Edit;
use crdt_schema::identity::{Kind, PersonId, Sector, Timestamp};
use crdt_schema::key::{NodeKey, Person, RootKey};
use crdt_schema::membership::Rules;
use engine::{Command, CommandId, Conditions, Done, Engine, Identity, Input, Refused, Signal};
use serde_json::json;
use storage::{FORMAT, Store};

fn identity() -> Identity {
    let (root, key) = (RootKey::from_seed(&[1; 32]), NodeKey::from_seed(&[2; 32]));
    let certificate = root.certify(&key, Timestamp(1));
    Identity { card: root.card("Open Door".parse().unwrap(), Sector::Vcs), certificate, key }
}

fn open(store: &Store) -> Engine {
    let shelf = Box::new(store.clone());
    Engine::open(identity(), shelf, [3; 32], Timestamp(1_795_392_000_000)).unwrap()
}

fn act(engine: &mut Engine, store: &Store, command: Command) -> Result<Done, Refused> {
    let effects =
        engine.handle(Timestamp(1_795_392_000_000), Input::Command(CommandId(1), command));
    store.commit(&effects.persist).unwrap();
    engine.persisted();
    let answer = effects.notify.into_iter().find_map(|signal| match signal {
        Signal::Answer(_, answer) => Some(answer),
        Signal::Changed(_) => None,
    });
    answer.unwrap()
}

/// What a folder shows: the heads of every document, who is in, and the node's own records.
fn shown(store: &Store) -> String {
    let mut engine = open(store);
    let mut reader = engine.reader();
    let mut lines = Vec::new();
    for workspace in reader.workspaces() {
        lines.push(format!("workspace {} {}", workspace.id, workspace.name));
        for member in reader.members(&workspace.id) {
            lines.push(format!("member {} {:?}", member.organization, member.role));
        }
    }
    for id in reader.kept_documents() {
        let document = reader.open(&id).unwrap();
        lines.push(format!("document {id} {}", document.heads()));
    }
    for (key, value) in engine::Shelf::locals(store, "").unwrap() {
        lines.push(format!("own {key} {} bytes", value.len()));
    }
    lines.join("\n") + "\n"
}

fn make(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let store = Store::open(&folder.join("data")).unwrap();
    let mut engine = open(&store);
    let name = "Northmere".parse().unwrap();
    let founded =
        act(&mut engine, &store, Command::CreateWorkspace { name, rules: Rules::default() });
    let Ok(Done::Workspace(workspace)) = founded else { panic!("{founded:?}") };
    let person = Person { id: PersonId([4; 16]), name: "Sam Ali".parse().unwrap() };
    for title in ["Warm rooms", "Cash first"] {
        let command = Command::CreateDocument {
            workspace,
            kind: Kind::ReferralPathway,
            audience: Audience::default(),
            content: json!({"document_type": "referral_pathway", "title": title, "body": {"steps": []}}),
            person: person.clone(),
        };
        let made = act(&mut engine, &store, command);
        let Ok(Done::Document { id: document, .. }) = made else { panic!("{made:?}") };
        let edits =
            vec![Edit::Set { path: "/description".parse().unwrap(), value: "Where to go.".into() }];
        let command = Command::EditDocument {
            document,
            base: None,
            edits,
            conditions: Conditions::default(),
            person: person.clone(),
        };
        act(&mut engine, &store, command).unwrap();
    }
    act(&mut engine, &store, Command::Keep { key: "setting".to_owned(), value: Some(vec![5; 9]) })
        .unwrap();
    fs::write(folder.join("shown.txt"), shown(&store)).unwrap();
    store.back_up(&mut File::create(folder.join("backup")).unwrap(), &[]).unwrap();
    drop((engine, store));
    fs::remove_dir_all(folder.join("data/index")).unwrap();
    fs::remove_file(folder.join("data/lock")).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

#[test]
fn a_folder_and_a_backup_of_every_format_show_what_they_showed() {
    if let Some(folder) = std::env::var_os("FINGERPOST_MAKE_FIXTURE") {
        return make(Path::new(&folder));
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for format in 1..=FORMAT {
        let fixture: PathBuf = fixtures.join(format!("format-{format}"));
        let expected = fs::read_to_string(fixture.join("shown.txt")).unwrap();
        let folder = tempfile::tempdir().unwrap();

        copy(&fixture.join("data"), &folder.path().join("data"));
        let store = Store::open(&folder.path().join("data")).unwrap();
        assert_eq!(shown(&store), expected, "the folder of format {format}");
        assert!(store.check().unwrap().is_sound());

        let backup = File::open(fixture.join("backup")).unwrap();
        let back = folder.path().join("back");
        storage::restore(&back, backup, |_, _| Ok(())).unwrap();
        let back = Store::open(&back).unwrap();
        assert_eq!(shown(&back), expected, "the backup of format {format}");
        let mut again = Vec::new();
        back.back_up(&mut again, &[]).unwrap();
        if format == FORMAT {
            assert_eq!(
                again,
                fs::read(fixture.join("backup")).unwrap(),
                "the same state, other bytes"
            );
        }
    }
}
