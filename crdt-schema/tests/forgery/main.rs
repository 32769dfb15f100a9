//! Nothing unsigned, altered, or signed for another purpose is believed.
//!
//! `FINGERPOST_FORGERIES` makes more or fewer, `FINGERPOST_SEED` others.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod cbor;
mod curve;
#[path = "../gate/mutants/dice.rs"]
mod dice;
mod specimens;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;

use cbor::{Item, mutant};
use crdt_schema::codec::{self, SignatureBytes};
use dice::Dice;
use specimens::Specimen;

const FORGERIES: u64 = 200_000;

/// What is truly signed, by itself or as a part: all that may be believed.
fn truths(specimens: &[Specimen]) -> BTreeSet<Vec<u8>> {
    let items: Vec<Item> = specimens.iter().map(|one| Item::parse(&one.bytes)).collect();
    let parts: BTreeSet<Vec<u8>> = items.iter().flat_map(Item::all).map(Item::bytes).collect();
    specimens.iter().flat_map(|one| parts.iter().filter_map(|part| (one.believe)(part))).collect()
}

/// Says what is wrong with an answer to bytes that nobody signed.
fn fault(specimen: &Specimen, bytes: &[u8], truths: &BTreeSet<Vec<u8>>) -> Option<String> {
    let believed = (specimen.believe)(bytes)?;
    if !truths.contains(&believed) {
        return Some(format!("{} is believed: {bytes:02x?}", specimen.name));
    }
    // In an invite, words for people are not signed; all else is believed in one spelling only.
    (specimen.name != "invite" && believed != bytes)
        .then(|| format!("{} has two spellings: {bytes:02x?}", specimen.name))
}

#[test]
fn what_is_signed_is_believed_as_it_is() {
    let specimens = specimens::all();
    let truths = truths(&specimens);
    for specimen in &specimens {
        let believed = (specimen.believe)(&specimen.bytes).unwrap();
        assert!(truths.contains(&believed), "{}", specimen.name);
        assert_eq!(Item::parse(&specimen.bytes).bytes(), specimen.bytes, "{}", specimen.name);
    }
}

#[test]
fn no_bit_can_be_changed() {
    let specimens = specimens::all();
    let truths = truths(&specimens);
    let mut count = 0;
    for specimen in &specimens {
        for bit in 0..specimen.bytes.len() * 8 {
            let mut bytes = specimen.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            count += 1;
            assert_eq!(fault(specimen, &bytes, &truths), None, "bit {bit}");
        }
    }
    println!("{count} bits");
}

#[test]
fn altered_fields_are_not_believed() {
    let specimens = specimens::all();
    let truths = truths(&specimens);
    let items: Vec<Item> = specimens.iter().map(|one| Item::parse(&one.bytes)).collect();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("FINGERPOST_SEED").unwrap_or(0xf0e5);
    let forgeries: u64 = number("FINGERPOST_FORGERIES").unwrap_or(FORGERIES);
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    let try_all = |thread: usize| {
        let mut faults = Vec::new();
        for number in (0..forgeries).skip(thread).step_by(threads) {
            let mut dice = Dice::new(seed, number);
            let at = dice.roll(specimens.len());
            let bytes = mutant(&items[at], &items, &mut dice);
            if bytes != specimens[at].bytes {
                faults.extend(fault(&specimens[at], &bytes, &truths).map(|what| (number, what)));
            }
        }
        faults
    };
    let faults: Vec<_> = std::thread::scope(|scope| {
        let try_all = &try_all;
        let running: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || try_all(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    println!("{forgeries} forgeries, seed {seed}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn no_signature_fits_elsewhere() {
    let specimens = specimens::all();
    let truths = truths(&specimens);
    let items: Vec<Item> = specimens.iter().map(|one| Item::parse(&one.bytes)).collect();
    let is_signature = |item: &&Item| matches!(item, Item::Bytes(bytes) if bytes.len() == 64);
    let mut signatures: Vec<Item> =
        items.iter().flat_map(Item::all).filter(is_signature).cloned().collect();
    // And by the same keys, over the same words, for other purposes.
    for (purpose, ..) in specimens::signed_parts() {
        for (own, words, _) in
            specimens::signed_parts().into_iter().filter(|(own, ..)| *own != purpose)
        {
            for seed in 1..4 {
                let key = crdt_schema::key::NodeKey::from_seed(&[seed; 32]);
                let signed = key.sign(purpose, &words);
                signatures.push(Item::Bytes(signed.0.to_vec()));
                assert!(!codec::verify(&key.id().0, own, &words, &signed), "{purpose} as {own}");
            }
        }
    }
    let mut count = 0;
    for (specimen, item) in specimens.iter().zip(&items) {
        let places: Vec<usize> =
            (0..item.all().len()).filter(|at| is_signature(&item.all()[*at])).collect();
        assert!(!places.is_empty(), "{} has no signature", specimen.name);
        for at in places {
            for signature in &signatures {
                let mut forged = item.clone();
                forged.nth(at).clone_from(signature);
                if forged != *item {
                    count += 1;
                    assert_eq!(fault(specimen, &forged.bytes(), &truths), None);
                }
            }
        }
    }
    println!("{count} signatures in places where they do not belong");
    assert!(count > 1_000);
}

#[test]
fn a_signature_stands_for_one_purpose_and_one_key() {
    let parts = specimens::signed_parts();
    for (own, words, signature) in &parts {
        let signature = SignatureBytes(signature.clone().try_into().unwrap());
        let mut taken = 0;
        for (purpose, ..) in &parts {
            for (_, other_words, _) in &parts {
                for key in specimens::keys() {
                    let is_taken = codec::verify(&key, purpose, other_words, &signature);
                    let may_be = purpose == own && other_words == words;
                    assert!(may_be || !is_taken, "{own} as {purpose}");
                    taken += usize::from(is_taken);
                }
            }
        }
        assert!(taken >= 1, "{own} is not even taken as what it is");
    }
}

#[test]
fn every_purpose_has_one_name_and_one_use() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in
        ["crdt-schema/src", "node/engine/src", "node/storage/src", "node/network/src", "node/src"]
    {
        collect(&root.join(folder), &mut found);
    }
    assert!(found.len() > 8, "{found:?}");
    for (purpose, places) in found {
        assert_eq!(places.len(), 1, "{purpose} in {places:?}");
        assert!(
            !purpose.contains('\0'),
            "the end of a purpose could be taken for the start of its words"
        );
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| line.starts_with("const ")) {
                if let Some(purpose) =
                    line.split('"').nth(1).filter(|it| it.starts_with("fingerpost/"))
                {
                    found.entry(purpose.to_owned()).or_default().push(path.display().to_string());
                }
            }
        }
    }
}
