//! What is read as a phrase, what is not, and what comes out of a sealed invite.

use super::*;
use crate::identity::{Role, Sector, Timestamp, WorkspaceId};
use crate::invite::Terms;
use crate::key::{NodeKey, RootKey};

fn invite(chance: u8) -> Invite {
    let card =
        RootKey::from_seed(&[1; 32]).card("Leeds City Council".parse().unwrap(), Sector::Council);
    let terms = Terms {
        role: Role::Editor,
        uses: 1,
        created: Timestamp(1),
        expires: Timestamp(2),
        approval: false,
        only_for: None,
    };
    let workspace = (WorkspaceId([9; 32]), "West Yorkshire".parse().unwrap());
    let key = NodeKey::from_seed(&[2; 32]);
    Invite::new(&key, &card, workspace, terms, [chance; 32], Vec::new())
}

fn phrase(address: &str) -> Phrase {
    Phrase::new(&invite(3), Place::read(address).unwrap())
}

fn ends() -> Ends {
    Ends { asks: NodeId([5; 32]), answers: NodeId([6; 32]) }
}

#[test]
fn a_phrase_with_a_numbered_address_is_fifteen_words_and_comes_back() {
    for address in ["203.0.113.7", "127.0.0.1:65535", "10.0.0.1:1"] {
        let phrase = phrase(address);
        assert_eq!(phrase.words().len(), 15, "{address}");
        assert_eq!(Phrase::read(&phrase.to_string()).unwrap(), phrase);
    }
}

#[test]
fn a_phrase_for_a_named_address_is_twelve_words_and_the_address() {
    for address in ["fingerpost.example.org", "node:4900", "[2001:db8::7]:4900", "2001:db8::7"] {
        let phrase = phrase(address);
        assert_eq!(phrase.words().len(), 12, "{address}");
        assert_eq!(Phrase::read(&phrase.to_string()).unwrap(), phrase, "{phrase}");
    }
    assert!(phrase("fingerpost.example.org").to_string().ends_with(" at fingerpost.example.org"));
    assert!(phrase("node:4900").to_string().ends_with(" at node port 4900"));
}

#[test]
fn a_phrase_may_be_typed_with_capitals_numbers_commas_and_many_spaces() {
    let (phrase, named) = (phrase("203.0.113.7"), phrase("fingerpost.example.org:4900"));
    let typed: String = phrase
        .words()
        .iter()
        .enumerate()
        .map(|(at, word)| format!("{}.  {},\r\n", at + 1, word.to_uppercase()))
        .collect();
    assert_eq!(Phrase::read(&typed).unwrap(), phrase);
    let typed = format!("{} AT  Fingerpost.Example.org:4900. ", named.words().join("\n"));
    assert_eq!(Phrase::read(&typed).unwrap(), named);
}

#[test]
fn a_word_that_is_none_is_named_with_words_like_it() {
    let mut words: Vec<String> =
        phrase("203.0.113.7").words().iter().map(|&word| word.to_owned()).collect();
    words[3] = "aple".to_owned();
    let Err(ReadPhrase::Unknown { place, word, hint }) = Phrase::read(&words.join(" ")) else {
        panic!("it was read");
    };
    assert_eq!((place, word.as_str()), (4, "aple"));
    assert!(hint.contains("\"apple\""), "{hint}");
}

#[test]
fn what_is_wrong_with_a_phrase_is_said() {
    let words = phrase("203.0.113.7").words();
    let swapped = [&words[1..2], &words[..1], &words[2..]].concat().join(" ");
    let named = phrase("fingerpost.example.org");
    let kit = "abandon ".repeat(11) + "about";
    let table = [
        (words[..14].join(" "), ReadPhrase::Count(14)),
        (swapped, ReadPhrase::Checksum),
        (named.words().join(" "), ReadPhrase::NoAddress),
        (kit, ReadPhrase::NoAddress),
        (named.to_string().replace("example", "exemple"), ReadPhrase::OtherAddress),
        (
            format!("{} at nowhere/else", named.words().join(" ")),
            ReadPhrase::Address("nowhere/else".to_owned()),
        ),
        ("Dear Priya, here is what I promised you".to_owned(), ReadPhrase::NotAPhrase),
        (String::new(), ReadPhrase::NotAPhrase),
    ];
    for (text, expected) in table {
        assert_eq!(Phrase::read(&text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn a_sealed_invite_opens_for_the_phrase_it_was_made_of_and_between_its_two_nodes_only() {
    let (mine, other) = (invite(3), invite(4));
    let secret = mine.phrase_secret();
    let sealed = secret.seal(&mine, ends(), [7; 24]).unwrap();
    assert_eq!(secret.open(&sealed, ends()).unwrap(), mine);
    let between = Ends { asks: NodeId([8; 32]), ..ends() };
    assert!(matches!(secret.open(&sealed, between), Err(OpenInvite::NotSealed)));
    assert!(matches!(other.phrase_secret().open(&sealed, ends()), Err(OpenInvite::NotSealed)));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(matches!(secret.open(&changed, ends()), Err(OpenInvite::NotSealed)), "byte {at}");
    }
    let swapped = secret.seal(&other, ends(), [7; 24]).unwrap();
    assert!(matches!(secret.open(&swapped, ends()), Err(OpenInvite::Another)));
}

#[test]
fn what_is_asked_for_tells_nothing_of_the_phrase() {
    let secret = invite(3).phrase_secret();
    assert_ne!(secret.lookup(), invite(4).phrase_secret().lookup());
    assert!(!secret.lookup().0.windows(4).any(|part| secret.0.windows(4).any(|of| of == part)));
    assert_eq!(format!("{secret:?}"), "Secret");
}

#[test]
fn addresses_that_words_hold_are_numbered_ones_over_tcp() {
    assert!(Place::of_address("/ip4/203.0.113.7/tcp/4891").is_some());
    for address in [
        "/ip4/0.0.0.0/tcp/1",
        "/ip4/203.0.113.7/tcp/0",
        "/ip4/203.0.113.7/udp/4891/quic-v1",
        "/ip4/203.0.113.7/tcp/4891/ws",
        "/ip6/::1/tcp/4891",
        "/dns/node/tcp/1",
        "",
    ] {
        assert_eq!(Place::of_address(address), None, "{address}");
    }
}
