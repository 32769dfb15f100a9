//! Backups: the same state gives the same bytes, and what is not whole is refused.
#![expect(clippy::unwrap_in_result, reason = "what makes a backup here cannot fail")]

use std::path::Path;

use engine::{Record, Shelf};

use super::{entry, envelope, local};
use crate::backup::{OwnedPart, ReadBackup, Reader, Restore, Writer};
use crate::{Counts, Store, restore};

const FILES: [(&str, &[u8]); 2] = [("identity.cbor", b"who"), ("keys/node.key", b"secret")];

fn filled(path: &Path) -> Store {
    let store = Store::open(path).unwrap();
    for number in 0..30 {
        store
            .commit(&[
                envelope(number, 300),
                entry(number, 40),
                local(&format!("person/{}", number % 3), Some(&number.to_be_bytes())),
            ])
            .unwrap();
    }
    store.commit(&[local("person/1", None), local("large", Some(&[7; 100_000]))]).unwrap();
    store
}

fn bytes_of(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.back_up(&mut bytes, &FILES).unwrap();
    bytes
}

fn restored(path: &Path, backup: &[u8]) -> Result<(Store, Counts, Vec<String>), Restore> {
    let mut files = Vec::new();
    let counts = restore(path, backup, |name, _| {
        files.push(name.to_owned());
        Ok(())
    })?;
    Ok((Store::open(path).unwrap(), counts, files))
}

fn seen(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let envelopes = store.envelopes().unwrap();
    let read: Vec<_> = envelopes.iter().map(|meta| store.envelope(&meta.id).unwrap()).collect();
    (envelopes, read, store.entries().unwrap(), store.locals("").unwrap())
}

#[test]
fn what_is_restored_is_all_there_was_and_gives_the_same_backup_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder.path().join("first"));
    let backup = bytes_of(&store);
    assert_eq!(backup, bytes_of(&store), "the same state gives the same bytes");
    let (back, counts, files) = restored(&folder.path().join("second"), &backup).unwrap();
    assert_eq!(files, ["identity.cbor", "keys/node.key"]);
    let expected = Counts { files: 2, entries: 30, envelopes: 30, locals: 3, left_out: 0 };
    assert_eq!(counts, expected);
    assert_eq!(seen(&back), seen(&store));
    assert_eq!(bytes_of(&back), backup);
    assert!(back.check().unwrap().is_sound());
}

#[test]
fn a_backup_holds_what_was_kept_when_it_was_begun() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder.path().join("first"));
    let before = bytes_of(&store);
    // Somebody writes while the backup is on its way.
    struct Busy<'a>(Vec<u8>, &'a Store, u64);
    impl std::io::Write for Busy<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.2 += 1;
            self.1
                .commit(&[envelope(1_000 + self.2, 50), local("person/0", Some(b"new"))])
                .unwrap();
            self.0.write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut busy = Busy(Vec::new(), &store, 0);
    store.back_up(&mut busy, &FILES).unwrap();
    assert!(busy.2 > 100);
    assert_eq!(busy.0, before);
}

#[test]
fn a_backup_cut_short_anywhere_or_changed_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("first")).unwrap();
    store.commit(&[envelope(1, 60), entry(1, 40), local("a", Some(b"b"))]).unwrap();
    let whole = bytes_of(&store);
    let read = |bytes: &[u8]| -> Result<(), ReadBackup> {
        let mut reader = Reader::new(bytes)?;
        while !matches!(reader.part()?, OwnedPart::End(..)) {}
        Ok(())
    };
    read(&whole).unwrap();
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "cut to {length} bytes");
    }
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&changed).is_err(), "bit {bit}");
    }
    assert!(read(&[&whole[..], b"more"].concat()).is_err());
    assert!(matches!(read(b"holiday.jpg, which is long enough"), Err(ReadBackup::NotABackup)));
    let mut newer = whole;
    newer[11] = 2;
    assert!(matches!(read(&newer), Err(ReadBackup::Newer(2))));
}

#[test]
fn parts_that_are_left_out_doubled_or_swapped_are_noticed() {
    let part = |number: u64| OwnedPart::Local(format!("key/{number}"), vec![1; 10]);
    let mut ends = Vec::new();
    for parts in [vec![1, 2, 3], vec![1, 3], vec![2, 1, 3], vec![1, 2, 2, 3]] {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for number in parts {
            writer.part(&part(number)).unwrap();
        }
        ends.push(writer.finish().unwrap().0);
    }
    let length =
        4 + crdt_schema::codec::encode(&OwnedPart::End(Counts::default(), [0; 32])).len() + 32;
    let end = &ends[0][ends[0].len() - length..];
    for other in &ends[1..] {
        let spliced = [&other[..other.len() - length], end].concat();
        let mut reader = Reader::new(&spliced[..]).unwrap();
        let refused = loop {
            match reader.part() {
                Ok(OwnedPart::End(..)) => panic!("another backup's end was taken"),
                Ok(_) => {}
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, ReadBackup::Damaged(_)), "{refused}");
    }
}

#[test]
fn a_part_may_be_so_large_and_no_larger() {
    // A text of that length takes five bytes more, an array of two and the variant three, an empty value one.
    let fitting = 16 * 1024 * 1024
        - crdt_schema::codec::encode(&OwnedPart::Local("x".repeat(70_000), Vec::new())).len()
        + 70_000;
    for (length, fits) in [(fitting - 1, true), (fitting, true), (fitting + 1, false)] {
        let part = OwnedPart::Local("x".repeat(length), Vec::new());
        let mut writer = Writer::new(Vec::new()).unwrap();
        assert_eq!(writer.part(&part).is_ok(), fits, "{length}");
        if fits {
            let bytes = writer.finish().unwrap().0;
            assert_eq!(Reader::new(&bytes[..]).unwrap().part().unwrap(), part);
        }
    }
    let lie = [&b"fpbackup"[..], &[0, 0, 0, 1], &u32::MAX.to_be_bytes()].concat();
    assert!(matches!(Reader::new(&lie[..]).unwrap().part(), Err(ReadBackup::Damaged(1))));
}

#[test]
fn what_is_damaged_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first");
    let store = filled(&path);
    let segment = path.join("journal/00000000.journal");
    let mut journal = std::fs::read(&segment).unwrap();
    let Record::Envelope { bytes, id, .. } = envelope(3, 300) else { panic!("no envelope") };
    let at = journal.windows(300).position(|window| window == bytes).unwrap();
    journal[at + 5] ^= 1;
    std::fs::write(&segment, journal).unwrap();
    let backup = bytes_of(&store);
    let (back, counts, _) = restored(&folder.path().join("second"), &backup).unwrap();
    assert_eq!((counts.envelopes, counts.left_out), (29, 1));
    assert_eq!(back.envelope(&id).unwrap(), None);
}
