//! CBOR taken apart, so that one thing in it can be altered and all lengths around it stay true.

use super::dice::Dice;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Unsigned(u64),
    Negative(u64),
    Bytes(Vec<u8>),
    /// What should be UTF-8.
    Text(Vec<u8>),
    Array(Vec<Self>),
    Map(Vec<Self>),
    Tagged(u64, Box<Self>),
    /// False, true, null, and what has no meaning.
    Simple(u8),
}

impl Item {
    /// Reads the one item that stands in honest bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let item = Self::read(&mut rest);
        assert!(rest.is_empty(), "{} bytes after the item", rest.len());
        item
    }

    fn read(rest: &mut &[u8]) -> Self {
        let (first, behind) = rest.split_first().unwrap();
        let width = match first & 0x1f {
            0..24 => 0,
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            other => panic!("a length spelled {other}"),
        };
        let (spelled, behind) = behind.split_at(width);
        let number = if width == 0 {
            u64::from(first & 0x1f)
        } else {
            spelled.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
        };
        *rest = behind;
        let count = usize::try_from(number).unwrap();
        let take = |rest: &mut &[u8]| {
            let (taken, behind) = rest.split_at(count);
            *rest = behind;
            taken.to_vec()
        };
        match first >> 5 {
            0 => Self::Unsigned(number),
            1 => Self::Negative(number),
            2 => Self::Bytes(take(rest)),
            3 => Self::Text(take(rest)),
            4 => Self::Array((0..count).map(|_| Self::read(rest)).collect()),
            5 => Self::Map((0..2 * count).map(|_| Self::read(rest)).collect()),
            6 => Self::Tagged(number, Box::new(Self::read(rest))),
            _ => Self::Simple((number & 0xff) as u8),
        }
    }

    /// Writes the item in its shortest form.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Unsigned(number) => head(bytes, 0, *number),
            Self::Negative(number) => head(bytes, 1, *number),
            Self::Bytes(text) => {
                head(bytes, 2, text.len() as u64);
                bytes.extend_from_slice(text);
            }
            Self::Text(text) => {
                head(bytes, 3, text.len() as u64);
                bytes.extend_from_slice(text);
            }
            Self::Array(items) => {
                head(bytes, 4, items.len() as u64);
                items.iter().for_each(|item| item.write(bytes));
            }
            Self::Map(items) => {
                head(bytes, 5, items.len() as u64 / 2);
                items.iter().for_each(|item| item.write(bytes));
            }
            Self::Tagged(tag, item) => {
                head(bytes, 6, *tag);
                item.write(bytes);
            }
            Self::Simple(value) => head(bytes, 7, u64::from(*value)),
        }
    }

    /// Returns this item and all in it, outer ones first.
    pub(crate) fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        match self {
            Self::Array(items) | Self::Map(items) => {
                all.extend(items.iter().flat_map(Self::all));
            }
            Self::Tagged(_, item) => all.extend(item.all()),
            Self::Unsigned(_)
            | Self::Negative(_)
            | Self::Bytes(_)
            | Self::Text(_)
            | Self::Simple(_) => {}
        }
        all
    }

    /// Returns the `index`th of [`all`](Self::all).
    pub(crate) fn nth(&mut self, index: usize) -> &mut Self {
        let mut left = index;
        self.find(&mut left).unwrap()
    }

    fn find(&mut self, left: &mut usize) -> Option<&mut Self> {
        if *left == 0 {
            return Some(self);
        }
        *left -= 1;
        match self {
            Self::Array(items) | Self::Map(items) => {
                items.iter_mut().find_map(|item| item.find(left))
            }
            Self::Tagged(_, item) => item.find(left),
            Self::Unsigned(_)
            | Self::Negative(_)
            | Self::Bytes(_)
            | Self::Text(_)
            | Self::Simple(_) => None,
        }
    }
}

fn head(bytes: &mut Vec<u8>, kind: u8, number: u64) {
    let spelled = number.to_be_bytes();
    let (info, width) = match number {
        0..24 => return bytes.push(kind << 5 | spelled[7]),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    bytes.push(kind << 5 | info);
    bytes.extend_from_slice(&spelled[8 - width..]);
}

/// Returns bytes with one to three things altered; mostly with true lengths.
pub(crate) fn mutant(original: &Item, others: &[Item], dice: &mut Dice) -> Vec<u8> {
    let mut item = original.clone();
    for _ in 0..=dice.roll(3) {
        let at = dice.roll(item.all().len());
        alter(item.nth(at), others, dice);
    }
    let mut bytes = item.bytes();
    if dice.roll(10) == 0 && !bytes.is_empty() {
        let at = dice.roll(bytes.len());
        match dice.roll(5) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, dice.byte()),
            // Another spelling: a longer head, a length without end.
            3 => longer(&mut bytes, at),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn longer(bytes: &mut Vec<u8>, at: usize) {
    let first = bytes[at];
    match first & 0x1f {
        number @ 0..24 => drop(bytes.splice(at..=at, [first & 0xe0 | 24, number])),
        24 => drop(bytes.splice(at..=at, [first & 0xe0 | 25, 0])),
        _ => bytes[at] = first | 0x1f,
    }
}

fn alter(item: &mut Item, others: &[Item], dice: &mut Dice) {
    if dice.roll(6) == 0 {
        let other = dice.pick(others);
        let all = other.all();
        *item = (*dice.pick(&all)).clone();
        return;
    }
    match item {
        Item::Unsigned(number) => match dice.roll(4) {
            0 => *number = number.wrapping_add(1),
            1 => *number = number.wrapping_sub(1),
            2 => *number = dice.odd_number(),
            _ => *item = Item::Negative(*number),
        },
        Item::Bytes(bytes) => alter_bytes(bytes, others, dice),
        Item::Text(text) => match dice.roll(6) {
            0 => text.push(b' '),
            1 => text.extend("\u{202e}".bytes()),
            2 => text.push(0xff),
            3 => drop(text.pop()),
            4 => text.clear(),
            _ => {
                let at = dice.roll(text.len());
                text.iter_mut().skip(at).take(1).for_each(|byte| *byte = b'a' + *byte % 26);
            }
        },
        Item::Array(items) | Item::Map(items) => {
            let (at, other) = (dice.roll(items.len()), dice.roll(items.len()));
            match dice.roll(6) {
                _ if items.is_empty() => items.push(Item::Simple(22)),
                0 => drop(items.remove(at)),
                1 => items.insert(at, items[other].clone()),
                2 => items.swap(at, other),
                3 => items.push(Item::Simple(22)),
                4 => items.reverse(),
                _ => items[at] = items[other].clone(),
            }
        }
        Item::Simple(value) => *value = 20 + dice.byte() % 4,
        Item::Negative(number) => *item = Item::Unsigned(*number),
        Item::Tagged(_, inner) => *item = (**inner).clone(),
    }
    if dice.roll(40) == 0 {
        let depth = 1 + dice.roll(3_000);
        let inner = std::mem::replace(item, Item::Simple(22));
        *item = (0..depth).fold(inner, |inner, _| Item::Array(vec![inner]));
    }
}

fn alter_bytes(bytes: &mut Vec<u8>, others: &[Item], dice: &mut Dice) {
    let at = dice.roll(bytes.len());
    match dice.roll(8) {
        0 => bytes.push(dice.byte()),
        1 => drop(bytes.pop()),
        2 => bytes.iter_mut().for_each(|byte| *byte = 0),
        3 => bytes.iter_mut().for_each(|byte| *byte = dice.byte()),
        // The same kind of thing from elsewhere: an id, a key, a signature.
        4 | 5 => {
            let other = dice.pick(others);
            let fits =
                |item: &&&Item| matches!(item, Item::Bytes(text) if text.len() == bytes.len());
            let all = other.all();
            let fitting: Vec<_> = all.iter().filter(fits).collect();
            if !fitting.is_empty()
                && let Item::Bytes(text) = dice.pick(&fitting)
            {
                bytes.clone_from(text);
            }
        }
        _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << dice.roll(8)),
    }
}
