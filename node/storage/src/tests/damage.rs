//! Bits flip in what was long written.

use std::path::Path;

use engine::Record;
use proptest::prelude::*;

use super::{bytes, entry, envelope, id, local};
use crate::disk::Disk as _;
use crate::journal::{Journal, ReadJournal};
use crate::kept::Kept;
use crate::simulated::Simulated;

const SEGMENT: u64 = 500;

fn payloads(disk: &Simulated) -> (Vec<Vec<u8>>, bool) {
    let (mut journal, cut) = Journal::open(disk.clone(), SEGMENT).unwrap();
    let mut held = Vec::new();
    let scan = journal
        .scan(None, |_, payload| {
            held.push(payload.to_vec());
            Ok::<_, ReadJournal>(())
        })
        .unwrap();
    (held, !cut.is_empty() || !scan.damaged.is_empty() || scan.missing > 0)
}

#[test]
fn every_flipped_bit_of_a_frame_is_noticed_and_costs_only_its_own_frame() {
    let disk = Simulated::default();
    let (mut journal, _) = Journal::open(disk.clone(), SEGMENT).unwrap();
    let written: Vec<Vec<u8>> = (0..8).map(|number| super::filled(number, 90)).collect();
    for payload in &written {
        journal.append(payload).unwrap();
    }
    for segment in ["00000000.journal", "00000001.journal"] {
        let length = crate::disk::Disk::len(&mut disk.clone(), segment).unwrap();
        for bit in 0..length * 8 {
            let (byte, bit) = (usize::try_from(bit / 8).unwrap(), bit % 8);
            let hurt = disk.copy();
            hurt.change(segment, |bytes| bytes[byte] ^= 1 << bit);
            let (held, noticed) = payloads(&hurt);
            // A segment's header can be told from its first frame, so damage there costs nothing.
            let costs = usize::from(byte >= crate::frame::HEADER);
            assert_eq!(held.len(), written.len() - costs, "{segment}, byte {byte}");
            assert!(held.iter().all(|payload| written.contains(payload)), "{segment}, byte {byte}");
            assert!(noticed, "{segment}, byte {byte}");
        }
    }
}

#[test]
fn a_segment_of_another_version_is_refused_and_left_alone() {
    let disk = Simulated::default();
    drop(Journal::open(disk.clone(), SEGMENT).unwrap());
    let header = crate::frame::Header { version: 2, first: 0, mark: [7; 8] };
    disk.change("00000000.journal", |bytes| {
        *bytes = [&header.to_bytes()[..], b"something else"].concat();
    });
    let refused = Journal::open(disk.clone(), SEGMENT).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ReadJournal::Version { segment: 0, version: 2 }), "{refused}");
    disk.change("00000000.journal", |bytes| assert!(bytes.ends_with(b"something else")));
}

#[test]
fn a_frame_that_hides_in_an_envelope_is_not_found_when_the_frame_around_it_breaks() {
    let disk = Simulated::default();
    let (mut journal, _) = Journal::open(disk.clone(), SEGMENT).unwrap();
    // Made with another mark, as somebody would have to who does not know this segment's.
    let hidden = crate::frame::Frame::to_bytes(&[9; 8], 7, b"evil");
    journal.append(&hidden).unwrap();
    journal.append(b"honest").unwrap();
    disk.change("00000000.journal", |bytes| bytes[crate::frame::HEADER + 9] ^= 1);
    assert_eq!(payloads(&disk), (vec![b"honest".to_vec()], true));
}

#[test]
fn a_lost_header_and_first_frame_cost_the_segment_and_not_the_journal() {
    let disk = Simulated::default();
    let (mut journal, _) = Journal::open(disk.clone(), 100_000).unwrap();
    for number in 0..5 {
        journal.append(&super::filled(number, 50)).unwrap();
    }
    disk.change("00000000.journal", |bytes| bytes[..60].fill(0));
    let (mut journal, _) = Journal::open(disk.clone(), 100_000).unwrap();
    journal.append(b"on it goes").unwrap();
    assert_eq!(payloads(&disk), (vec![b"on it goes".to_vec()], true));
}

fn kept(disk: &Simulated, path: &Path) -> Kept<Simulated> {
    Kept::open(disk.clone(), SEGMENT, path).unwrap().0
}

#[test]
fn a_damaged_envelope_is_never_served_and_comes_back_when_it_is_kept_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Simulated::default();
    let records: Vec<Record> = (0..6).map(|number| envelope(number, 120)).collect();
    let mut store = kept(&disk, &folder.path().join("index"));
    for record in &records {
        store.commit(std::slice::from_ref(record)).unwrap();
    }
    let needle = bytes(&records[0]);
    disk.change("00000000.journal", |bytes| {
        let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
        bytes[at + 60] ^= 4;
    });
    let report = store.check().unwrap();
    assert!(!report.is_sound());
    assert_eq!((report.damaged.len(), report.missing, report.commits), (1, 1, 5), "{report:?}");
    assert_eq!(report.lost_envelopes, [id(&records[0])]);

    assert_eq!(store.envelope(&id(&records[0])).unwrap(), None);
    for record in &records[1..] {
        assert_eq!(store.envelope(&id(record)).unwrap(), Some(bytes(record)));
    }
    store.commit(&records[..1]).unwrap();
    assert_eq!(store.envelope(&id(&records[0])).unwrap(), Some(bytes(&records[0])));
    // It is known once, where it always was.
    let order: Vec<_> = store.envelopes().unwrap().into_iter().map(|meta| meta.id).collect();
    assert_eq!(order, records.iter().map(id).collect::<Vec<_>>());
}

#[test]
fn a_damaged_entry_or_large_local_record_is_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Simulated::default();
    let mut store = Kept::open(disk.clone(), 1 << 20, folder.path()).unwrap().0;
    let large = vec![5; 100_000];
    store
        .commit(&[
            entry(1, 80),
            entry(2, 90),
            local("large", Some(&large)),
            local("small", Some(b"x")),
        ])
        .unwrap();
    assert_eq!(store.locals("large").unwrap(), [("large".to_owned(), large.clone())]);
    assert_eq!(store.entries().unwrap().len(), 2);
    disk.change("00000000.journal", |bytes| {
        let at = bytes.windows(80).position(|window| window == super::filled(1, 80)).unwrap();
        bytes[at] ^= 1;
        let at = bytes.windows(50).position(|window| window == &large[..50]).unwrap();
        bytes[at + 777] ^= 1;
    });
    let entries: Vec<_> = store.entries().unwrap().into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(entries, [super::filled(2, 90)]);
    assert_eq!(store.locals("large").unwrap(), []);
    let report = store.check().unwrap();
    assert_eq!((report.lost_entries.len(), report.lost_locals), (1, 1), "{report:?}");
    assert_eq!(store.locals("small").unwrap(), [("small".to_owned(), b"x".to_vec())]);
}

/// Something that happens to a file.
#[derive(Clone, Debug)]
enum Blow {
    Overwrite(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Delete(usize, usize),
    Repeat(usize, usize),
}

fn strike(bytes: &mut Vec<u8>, blow: &Blow) {
    let range = |from: usize, length: usize, bytes: &[u8]| {
        let from = from % (bytes.len() + 1);
        from..bytes.len().min(from + length)
    };
    match blow {
        Blow::Overwrite(at, new) => {
            let range = range(*at, new.len(), bytes);
            let length = range.len();
            bytes[range].copy_from_slice(&new[..length]);
        }
        Blow::Insert(at, new) => {
            let at = range(*at, 0, bytes).start;
            drop(bytes.splice(at..at, new.iter().copied()));
        }
        Blow::Delete(at, length) => drop(bytes.drain(range(*at, *length, bytes))),
        Blow::Repeat(at, length) => {
            let range = range(*at, *length, bytes);
            bytes.extend_from_within(range);
        }
    }
}

fn blows() -> impl Strategy<Value = Vec<Blow>> {
    let some = || proptest::collection::vec(any::<u8>(), 1..40);
    let blow = prop_oneof![
        (any::<usize>(), some()).prop_map(|(at, new)| Blow::Overwrite(at, new)),
        (any::<usize>(), some()).prop_map(|(at, new)| Blow::Insert(at, new)),
        (any::<usize>(), 1..200_usize).prop_map(|(at, length)| Blow::Delete(at, length)),
        (any::<usize>(), 1..300_usize).prop_map(|(at, length)| Blow::Repeat(at, length)),
    ];
    proptest::collection::vec(blow, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_a_segment_what_is_found_was_written_and_the_journal_goes_on(
        blows in blows(),
        segment in 0..3_u32,
    ) {
        let disk = Simulated::default();
        let (mut journal, _) = Journal::open(disk.clone(), SEGMENT).unwrap();
        let written: Vec<Vec<u8>> = (0..14).map(|number| super::filled(number, 70)).collect();
        for payload in &written {
            journal.append(payload).unwrap();
        }
        disk.change(&format!("{segment:08}.journal"), |bytes| blows.iter().for_each(|blow| strike(bytes, blow)));
        let (held, _) = payloads(&disk);
        prop_assert!(held.iter().all(|payload| written.contains(payload)));
        let (mut journal, _) = Journal::open(disk.clone(), SEGMENT).unwrap();
        journal.append(b"further").unwrap();
        let (after, _) = payloads(&disk);
        prop_assert_eq!(after.last().map(Vec::as_slice), Some(&b"further"[..]));
        prop_assert_eq!(after.len(), held.len() + 1);
    }
}

/// What a peer would still have of these records.
fn keep_again(store: &mut Kept<Simulated>, records: &[Record]) {
    let entries: Vec<Vec<u8>> =
        store.entries().unwrap().into_iter().map(|(_, bytes)| bytes).collect();
    for record in records {
        let is_there = match record {
            Record::Envelope { id, bytes, .. } => {
                let kept = store.envelope(id).unwrap();
                assert!(
                    kept.is_none() || kept.as_ref() == Some(bytes),
                    "a damaged envelope was served"
                );
                kept.is_some()
            }
            Record::Entry { bytes, .. } => entries.contains(bytes),
            Record::Local { .. } | Record::Cache { .. } => true,
        };
        if !is_there {
            store.commit(std::slice::from_ref(record)).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bits_flipped_anywhere_are_noticed_and_what_they_cost_can_be_kept_again(
        flips in proptest::collection::btree_set((any::<u32>(), any::<u32>(), 0..8_u8), 1..6),
        lose_index in any::<bool>(),
        while_it_runs in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let disk = Simulated::default();
        let mut store = kept(&disk, folder.path());
        let mut records = Vec::new();
        for number in 0..20_u64 {
            let commit = [
                envelope(number, 60 + usize::try_from(number).unwrap() * 7),
                entry(number, 70),
                local(&format!("key/{}", number % 4), Some(&number.to_be_bytes())),
            ];
            store.commit(&commit).unwrap();
            records.extend(commit);
        }
        let mut hit = std::collections::BTreeSet::new();
        let segments: Vec<String> =
            disk.list().unwrap().into_iter().filter(|name| name.ends_with(".journal")).collect();
        for (segment, byte, bit) in flips {
            let name = &segments[segment as usize % segments.len()];
            disk.change(name, |bytes| {
                let byte = byte as usize % bytes.len();
                if hit.insert((name.clone(), byte)) {
                    bytes[byte] ^= 1 << bit;
                }
            });
        }
        let mut noticed = false;
        if !while_it_runs {
            drop(store);
            if lose_index {
                std::fs::remove_dir_all(folder.path()).unwrap();
            }
            let (opened, report) = Kept::open(disk.clone(), SEGMENT, folder.path()).unwrap();
            store = opened;
            noticed = report.found_damage() || !report.cut.is_empty();
        }
        noticed |= !store.check().unwrap().is_sound();
        prop_assert!(noticed, "{hit:?}");

        keep_again(&mut store, &records);
        let report = store.mend();
        prop_assert!(report.is_sound(), "{report:?}");
        for record in &records {
            if let Record::Envelope { id, bytes, .. } = record {
                prop_assert_eq!(store.envelope(id).unwrap(), Some(bytes.clone()));
            }
        }
        prop_assert_eq!(store.entries().unwrap().len(), 20);
        drop(store);
        // What was repaired is no fault at later starts either, and a new flip is.
        let (mut store, _) = Kept::open(disk.clone(), SEGMENT, folder.path()).unwrap();
        prop_assert!(store.check().unwrap().is_sound());
        disk.change("00000001.journal", |bytes| bytes[40] ^= 1);
        prop_assert!(!store.check().unwrap().is_sound());
    }
}
