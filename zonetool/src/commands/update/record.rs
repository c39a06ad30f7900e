//! Records, deletions and prerequisites as words, as nsupdate has them.

use super::wrong::Wrong;
use crate::client::Entry;
use rr::text::{Tokens, Words};
use rr::{Class, Name, NameRef, Rtype, Ttl, text};

/// What words mean where they do not say it all.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// Names without a final dot are below it.
    pub(super) origin: Name,
    pub(super) class: Class,
    /// Of records that are added and have none.
    pub(super) ttl: Option<Ttl>,
}

/// `NAME [TTL] [CLASS] TYPE DATA`: one more record (RFC 2136 §2.5.1).
pub(super) fn add(words: &mut Words<'_>, ground: &Ground) -> Result<Entry, Wrong> {
    let owner = owner(words, ground)?;
    let behind_name = words.offset();
    let ttl = ttl(words)?.or(ground.ttl).ok_or_else(|| {
        Wrong::missing(
            behind_name,
            "TTL",
            "write the seconds behind the name: www.example.org 300 A 192.0.2.1",
        )
    })?;
    class(words, ground)?;
    let rtype = rtype(words)?.ok_or_else(|| no_type(words))?;
    let rdata = data(words, rtype, ground)?;
    Ok(Entry {
        owner,
        rtype,
        class: ground.class,
        ttl,
        rdata,
    })
}

/// `NAME [TTL] [CLASS] [TYPE [DATA]]`: all of a name, all of a type, or one record go (RFC 2136 §2.5.2 to §2.5.4).
pub(super) fn delete(words: &mut Words<'_>, ground: &Ground) -> Result<Entry, Wrong> {
    let owner = owner(words, ground)?;
    ttl(words)?;
    some_of(words, ground, owner, Class::NONE)
}

/// `NAME`: no record has it (RFC 2136 §2.4.5), or one does (§2.4.4).
pub(super) fn name_in_use(
    words: &mut Words<'_>,
    ground: &Ground,
    is_in_use: bool,
) -> Result<Entry, Wrong> {
    let owner = owner(words, ground)?;
    end(words)?;
    let class = if is_in_use { Class::ANY } else { Class::NONE };
    Ok(without_data(owner, Rtype::ANY, class))
}

/// `NAME [CLASS] TYPE`: there are none (RFC 2136 §2.4.3).
pub(super) fn no_rrset(words: &mut Words<'_>, ground: &Ground) -> Result<Entry, Wrong> {
    let owner = owner(words, ground)?;
    class(words, ground)?;
    let rtype = rtype(words)?.ok_or_else(|| no_type(words))?;
    end(words)?;
    Ok(without_data(owner, rtype, Class::NONE))
}

/// `NAME [CLASS] TYPE [DATA]`: there are some (RFC 2136 §2.4.1), or with this data and no other (§2.4.2).
pub(super) fn rrset(words: &mut Words<'_>, ground: &Ground) -> Result<Entry, Wrong> {
    let owner = owner(words, ground)?;
    let behind_name = words.offset();
    match some_of(words, ground, owner, ground.class)? {
        entry if entry.rtype == Rtype::ANY => Err(Wrong::missing(
            behind_name,
            "type",
            "write one such as A; that a name is in use says yxdomain",
        )),
        entry => Ok(entry),
    }
}

/// `[CLASS] [TYPE [DATA]]`; a record with data is written with the class `of_one`.
fn some_of(
    words: &mut Words<'_>,
    ground: &Ground,
    owner: Name,
    of_one: Class,
) -> Result<Entry, Wrong> {
    class(words, ground)?;
    let Some(rtype) = rtype(words)? else {
        return Ok(without_data(owner, Rtype::ANY, Class::ANY));
    };
    if is_at_end(words)? {
        return Ok(without_data(owner, rtype, Class::ANY));
    }
    let rdata = data(words, rtype, ground)?;
    Ok(Entry {
        rdata,
        ..without_data(owner, rtype, of_one)
    })
}

fn without_data(owner: Name, rtype: Rtype, class: Class) -> Entry {
    Entry {
        owner,
        rtype,
        class,
        ttl: Ttl::ZERO,
        rdata: Box::default(),
    }
}

fn data(words: &mut Words<'_>, rtype: Rtype, ground: &Ground) -> Result<Box<[u8]>, Wrong> {
    let mut rdata = Vec::new();
    let read = text::read_rdata(rtype, words, ground.origin.as_ref(), &mut rdata);
    read.map_err(|error| {
        Wrong::of(
            &error,
            "compare with what `zonetool dump` prints for such a record",
        )
    })?;
    Ok(rdata.into())
}

fn owner(words: &mut Words<'_>, ground: &Ground) -> Result<Name, Wrong> {
    let word = word(words)?;
    let at = words.offset();
    let word =
        word.ok_or_else(|| Wrong::missing(at, "name", "write one such as www.example.org"))?;
    name(&word, ground.origin.as_ref())
}

/// A name; one without a final dot is below `origin`.
pub(super) fn name(word: &Word, origin: NameRef<'_>) -> Result<Name, Wrong> {
    let read = Name::read(word.text.as_bytes(), Some(origin));
    let name = read.map_err(|why| {
        let what = format!("`{}` is no domain name: {why}", word.text);
        Wrong::new(word, what, "write one such as www.example.org")
    })?;
    // www.example.org in the zone example.org, without the final dot, is www.example.org.example.org.
    let inner = name.as_ref().prefix_of(origin).map(<[u8]>::to_vec);
    let inner = inner.and_then(|labels| Name::from_wire(&[&labels[..], &[0]].concat()).ok());
    if inner.is_some_and(|inner| !origin.is_root() && inner.as_ref().is_at_or_below(origin)) {
        let what = format!("`{}` is below {origin}, so it means {name}", word.text);
        let next = format!("write the final dot: {}.", word.text);
        return Err(Wrong::new(word, what, next));
    }
    Ok(name)
}

/// Seconds, or numbers with units such as 1h30m.
fn ttl(words: &mut Words<'_>) -> Result<Option<Ttl>, Wrong> {
    let mut ahead = words.clone();
    match word(&mut ahead)? {
        Some(word) if word.text.starts_with(|c: char| c.is_ascii_digit()) => {
            *words = ahead;
            time_to_live(&word).map(Some)
        }
        _ => Ok(None),
    }
}

pub(super) fn time_to_live(word: &Word) -> Result<Ttl, Wrong> {
    let secs = secs(&word.text).filter(|secs| *secs <= Ttl::MAX.as_secs());
    secs.map(Ttl::from_secs).ok_or_else(|| {
        let what = format!("`{}` is no TTL", word.text);
        Wrong::new(word, what, "write seconds, 2147483647 at most, or 1h30m")
    })
}

fn secs(text: &str) -> Option<u32> {
    if text.bytes().all(|octet| octet.is_ascii_digit()) {
        return text.parse().ok();
    }
    text.split_inclusive(|c: char| !c.is_ascii_digit())
        .try_fold(0_u32, |secs, part| {
            let (unit, number) = part.as_bytes().split_last()?;
            let unit = match unit.to_ascii_lowercase() {
                b'w' => 604_800,
                b'd' => 86_400,
                b'h' => 3_600,
                b'm' => 60,
                b's' => 1,
                _ => return None,
            };
            let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
            secs.checked_add(number.checked_mul(unit)?)
        })
}

/// Steps over the class, which is the zone's for all of an update.
fn class(words: &mut Words<'_>, ground: &Ground) -> Result<(), Wrong> {
    let mut ahead = words.clone();
    let Some(word) = word(&mut ahead)? else {
        return Ok(());
    };
    match word.text.parse::<Class>() {
        // ANY is a type as well, and the type is what is meant.
        Err(_) | Ok(Class::ANY) => {}
        Ok(class) if class == ground.class => *words = ahead,
        Ok(class) => {
            let what = format!("{class} is not the class of the zone, {}", ground.class);
            return Err(Wrong::new(&word, what, "leave it out"));
        }
    }
    Ok(())
}

fn rtype(words: &mut Words<'_>) -> Result<Option<Rtype>, Wrong> {
    let Some(word) = word(words)? else {
        return Ok(None);
    };
    word.text.parse().map(Some).map_err(|_| {
        let what = format!("`{}` is no record type", word.text);
        Wrong::new(&word, what, "write a mnemonic such as AAAA, or TYPE65280")
    })
}

fn no_type(words: &Words<'_>) -> Wrong {
    Wrong::missing(words.offset(), "type", "write one such as A or AAAA")
}

/// A word, and where it stands in the text that it is from.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) start: usize,
}

/// The next word, if there is one.
pub(super) fn word(words: &mut Words<'_>) -> Result<Option<Word>, Wrong> {
    let token = words.next_token();
    let token =
        token.map_err(|error| Wrong::of(&error, "close it, or write \\\" for the character"))?;
    Ok(token.map(|token| Word {
        text: String::from_utf8_lossy(token.text).into_owned(),
        start: token.start,
    }))
}

fn is_at_end(words: &Words<'_>) -> Result<bool, Wrong> {
    Ok(word(&mut words.clone())?.is_none())
}

/// Nothing follows.
pub(super) fn end(words: &mut Words<'_>) -> Result<(), Wrong> {
    match word(words)? {
        None => Ok(()),
        Some(word) => {
            let what = format!("`{}` is one word too many", word.text);
            Err(Wrong::new(&word, what, "leave it out"))
        }
    }
}
