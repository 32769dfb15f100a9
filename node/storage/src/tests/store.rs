//! Real folders: what is kept is found again, whatever becomes of the index.

use std::fs;
use std::path::Path;

use engine::{Record, Shelf};
use proptest::prelude::*;

use super::{bytes, cache, entry, envelope, id, local};
use crate::kept::Kept;
use crate::simulated::{Loss, Simulated};
use crate::{Commit, OpenStore, Store};

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

/// Everything a reader can see, except what is cached.
fn seen(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let envelopes = store.envelopes().unwrap();
    let read: Vec<_> = envelopes.iter().map(|meta| store.envelope(&meta.id).unwrap()).collect();
    (envelopes, read, store.entries().unwrap(), store.locals("").unwrap())
}

fn fill(store: &Store, from: u64, to: u64) {
    for number in from..to {
        let key = format!("person/{}", number % 3);
        store
            .commit(&[
                envelope(number, 300),
                entry(number, 40),
                local(&key, Some(&number.to_be_bytes())),
                cache("newest", Some(&number.to_be_bytes())),
            ])
            .unwrap();
    }
}

#[test]
fn what_was_kept_is_found_again_in_the_order_in_which_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    fill(&store, 0, 20);
    store.commit(&[local("person/1", None), local("setup", Some(b""))]).unwrap();
    store.commit(&[]).unwrap();
    let before = seen(&store);
    let order: Vec<_> = store.envelopes().unwrap().iter().map(|meta| meta.time.0).collect();
    assert_eq!(order, (0..20).collect::<Vec<_>>());
    assert_eq!(store.entries().unwrap()[7].1, bytes(&entry(7, 40)));
    let keys: Vec<_> = store.locals("").unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["person/0", "person/2", "setup"]);
    assert_eq!(store.locals("person/").unwrap().len(), 2);
    assert_eq!(store.envelope(&id(&envelope(99, 10))).unwrap(), None);
    assert!(store.check().unwrap().is_sound());

    store.close().unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(seen(&store), before);
    assert_eq!(store.cached("newest"), Some(19_u64.to_be_bytes().to_vec()));
    assert_eq!((store.opened().caught_up, &store.opened().rebuilt), (0, &None));
}

#[test]
fn a_folder_in_use_is_not_opened_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(OpenStore::InUse)));
    drop(store);
    Store::open(folder.path()).unwrap();
}

#[test]
fn a_deleted_index_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    fill(&store, 0, 12);
    let before = seen(&store);
    drop(store);
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(seen(&store), before);
    assert_eq!(store.cached("newest"), None);
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn an_older_index_catches_up_and_forgets_what_it_cached() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    fill(&store, 0, 5);
    store.close().unwrap();
    drop(store);
    copy(&folder.path().join("index"), &folder.path().join("older"));
    let store = Store::open(folder.path()).unwrap();
    fill(&store, 5, 12);
    let before = seen(&store);
    drop(store);
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    fs::rename(folder.path().join("older"), folder.path().join("index")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!((store.opened().caught_up, &store.opened().rebuilt), (7, &None));
    assert_eq!(seen(&store), before);
    assert_eq!(store.cached("newest"), None);
}

#[test]
fn an_index_of_a_journal_that_is_not_there_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    fill(&store, 0, 5);
    let before = seen(&store);
    drop(store);
    copy(&folder.path().join("journal"), &folder.path().join("backup"));
    let store = Store::open(folder.path()).unwrap();
    fill(&store, 5, 9);
    store.close().unwrap();
    drop(store);
    fs::remove_dir_all(folder.path().join("journal")).unwrap();
    fs::rename(folder.path().join("backup"), folder.path().join("journal")).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(store.opened().rebuilt.is_some());
    assert_eq!(seen(&store), before);
}

#[test]
fn wherever_the_index_is_damaged_the_store_shows_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("whole")).unwrap();
    fill(&store, 0, 30);
    let before = seen(&store);
    store.close().unwrap();
    drop(store);
    let whole = folder.path().join("whole");
    let length =
        fs::read(whole.join("index/db")).unwrap().iter().rposition(|byte| *byte != 0).unwrap();
    let mut mended = 0;
    for part in 0..40 {
        let hurt = folder.path().join(format!("hurt{part}"));
        copy(&whole, &hurt);
        let mut file = fs::read(hurt.join("index/db")).unwrap();
        file[length * part / 40] ^= 0x10;
        fs::write(hurt.join("index/db"), file).unwrap();
        let store = Store::open(&hurt).unwrap();
        assert_eq!(seen(&store), before, "part {part}");
        mended += u64::from(store.opened().rebuilt.is_some() || store.opened().caught_up > 0);
        drop(store);
        fs::remove_dir_all(hurt).unwrap();
    }
    assert!(mended > 10, "only {mended} of 40 flips hit anything that matters");
}

#[test]
fn too_much_for_the_cache_is_not_kept_and_takes_the_old_value_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.commit(&[cache("list", Some(b"old"))]).unwrap();
    assert_eq!(store.cached("list"), Some(b"old".to_vec()));
    store.commit(&[cache("list", Some(&[0; 70_000]))]).unwrap();
    assert_eq!(store.cached("list"), None);
}

#[test]
fn after_a_full_disk_nothing_more_is_kept_until_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Simulated::default();
    let mut store = Kept::open(disk.clone(), 4_000, &folder.path().join("index")).unwrap().0;
    disk.room(5_000);
    let mut acknowledged = Vec::new();
    let refused = (0..).find_map(|number| {
        let record = envelope(number, 400);
        match store.commit(std::slice::from_ref(&record)) {
            Ok(()) => {
                acknowledged.push(record);
                None
            }
            Err(error) => Some(error),
        }
    });
    assert!(matches!(refused, Some(Commit::Journal(_))), "{refused:?}");
    assert!(matches!(store.commit(&[cache("x", None)]), Err(Commit::Stopped)));
    assert!(acknowledged.len() > 5);
    drop(store);
    let mut store =
        Kept::open(disk.after(Loss::All), 4_000, &folder.path().join("index")).unwrap().0;
    assert_eq!(store.envelopes().unwrap().len(), acknowledged.len());
    for record in &acknowledged {
        assert_eq!(store.envelope(&id(record)).unwrap(), Some(bytes(record)));
    }
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let record = prop_oneof![
        (0..40_u64, 1..200_usize).prop_map(|(number, length)| envelope(number, length)),
        (0..40_u64, 1..50_usize).prop_map(|(number, length)| entry(number, length)),
        ("[a-d]", proptest::option::of(0..9_u8))
            .prop_map(|(key, value)| local(&key, value.map(|v| vec![v]).as_deref())),
        ("[a-d]", proptest::option::of(0..9_u8))
            .prop_map(|(key, value)| cache(&key, value.map(|v| vec![v]).as_deref())),
    ];
    proptest::collection::vec(record, 1..6)
}

/// Everything that stays visible of these commits.
fn expected(commits: &[Vec<Record>]) -> impl PartialEq + std::fmt::Debug + use<> {
    let (mut envelopes, mut entries, mut locals) =
        (Vec::new(), Vec::new(), std::collections::BTreeMap::new());
    for record in commits.iter().flatten() {
        match record {
            Record::Envelope { bytes, .. } if !envelopes.contains(bytes) => {
                envelopes.push(bytes.clone());
            }
            Record::Entry { bytes, .. } if !entries.contains(bytes) => entries.push(bytes.clone()),
            Record::Local { key, value: Some(value) } => {
                drop(locals.insert(key.clone(), value.clone()));
            }
            Record::Local { key, value: None } => drop(locals.remove(key)),
            _ => {}
        }
    }
    (envelopes, entries, locals.into_iter().collect::<Vec<_>>())
}

fn found(store: &mut Kept<Simulated>) -> impl PartialEq + std::fmt::Debug + use<> {
    let metas = store.envelopes().unwrap();
    let envelopes: Vec<_> =
        metas.iter().map(|meta| store.envelope(&meta.id).unwrap().unwrap()).collect();
    let entries: Vec<_> = store.entries().unwrap().into_iter().map(|(_, bytes)| bytes).collect();
    (envelopes, entries, store.locals("").unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_crash_at_any_time_leaves_a_prefix_that_holds_everything_acknowledged(
        commits in proptest::collection::vec(records(), 1..12),
        cut in 0..60_u64,
        torn in 0..200_usize,
        lose_index in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Simulated::default();
        disk.cut_at(cut);
        let mut acknowledged = 0;
        if let Ok((mut store, _)) = Kept::open(disk.clone(), 700, &folder.path().join("index")) {
            while commits.get(acknowledged).is_some_and(|records| store.commit(records).is_ok()) {
                acknowledged += 1;
            }
        }
        for loss in [Loss::Torn(torn), Loss::All, Loss::Nothing] {
            // Each outcome has the index as the crash left it.
            let index = tempfile::tempdir().unwrap();
            if !lose_index && folder.path().join("index").exists() {
                copy(&folder.path().join("index"), &index.path().join("index"));
            }
            let (mut store, _) = Kept::open(disk.after(loss), 700, &index.path().join("index")).unwrap();
            let found = format!("{:?}", found(&mut store));
            let exactly = format!("{:?}", expected(&commits[..acknowledged]));
            let one_more = format!("{:?}", expected(&commits[..commits.len().min(acknowledged + 1)]));
            prop_assert!(found == exactly || found == one_more, "{found}\n{exactly}\n{one_more}");
            prop_assert!(store.check().unwrap().is_sound());
        }
    }
}
