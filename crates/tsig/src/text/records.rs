//! Keys as records in a repository of zones: a file `_keys`, or `ZONE._keys`, as MirageOS' ocaml-dns reads it.
//!
//! ```text
//! $ORIGIN example.org.
//! web._update                          DNSKEY 0 3 163 AAECAwQFBgcICQoLDA0ODw==
//! 192.0.2.1.192.0.2.2._transfer   3600 DNSKEY 0 3 165 EBESExQVFhcYGRobHB0eHw==
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use rr::{Class, Name, NameRef, Rtype, Secret, Ttl};
use zonefile::{
    Limits, NoSources, Sink, SourceMap, Span, Start, SyntaxError, SyntaxErrorKind, read_records,
};

use super::KeyTextError;
use crate::algorithm::Algorithm;
use crate::key::{Key, Keyring};
use crate::limits::{KEY_FILE_OCTETS, MISTAKES};

/// What is wrong with a record that should be a key. It never has the secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMistake {
    /// Where, in the map that was given.
    pub span: Span,
    /// What is wrong there: a sentence without a full stop.
    pub message: String,
}

/// The zone below which the keys of a file are: `ZONE` of `ZONE._keys`, the root of `_keys`. `None` if that is no name.
///
/// ```
/// let scope = tsig::text::scope_of_records("org/example.org._keys");
/// assert_eq!(scope.map(|zone| zone.to_string()).as_deref(), Some("example.org."));
/// ```
#[must_use]
pub fn scope_of_records(path: &str) -> Option<Name> {
    const END: &str = "_keys";
    let file = path.rsplit('/').next().unwrap_or(path);
    let (zone, end) = file.split_at_checked(file.len().checked_sub(END.len())?)?;
    match (end.eq_ignore_ascii_case(END), zone.strip_suffix('.')) {
        (true, None) if zone.is_empty() => Some(Name::root()),
        (true, Some(zone)) => Name::from_text(zone).ok(),
        _ => None,
    }
}

/// Reads keys that are written as DNSKEY records owned by their names: flags 0, protocol 3, algorithm 161 (SHA1) to 165
/// (SHA512). Relative names are those of the root until there is an `$ORIGIN`, and TTLs mean nothing. `scope` is the zone
/// that all names are to be in.
///
/// The text that `map` is given has stars in the place of what may be a secret, so what shows it tells none.
///
/// # Errors
/// All mistakes, at most [`MISTAKES`] and one more of them, in the order of the text.
pub fn read_key_records(
    (path, scope): (&str, NameRef<'_>),
    text: &[u8],
    map: &mut SourceMap,
) -> Result<Keyring, Vec<RecordMistake>> {
    if text.len() > KEY_FILE_OCTETS {
        let message = format!("the file has more than {KEY_FILE_OCTETS} octets");
        let start = map.add(path, "", None).unwrap_or_default();
        let span = Span { start, end: start };
        return Err(vec![RecordMistake { span, message }]);
    }
    let mut sink = Keys {
        scope,
        keys: Keyring::default(),
        mistakes: Vec::new(),
    };
    let start = Start {
        // What MirageOS' ocaml-dns takes where none is said.
        default_ttl: Some(Ttl::from_secs(3600)),
        ..Start::of_zone(Name::root().as_ref())
    };
    let limits = Limits {
        errors: MISTAKES,
        generate_steps: 0,
        ..Limits::default()
    };
    let mut unseen = SourceMap::new();
    let syntax = read_records(
        &start,
        path,
        text,
        &mut NoSources,
        &limits,
        &mut unseen,
        &mut sink,
    );
    let mut mistakes = sink.mistakes;
    mistakes.extend(syntax.iter().map(RecordMistake::of_syntax));
    let start = map
        .add(path, without_secrets(text), None)
        .unwrap_or_default();
    for RecordMistake { span, .. } in &mut mistakes {
        (span.start.0, span.end.0) = (start.0 + span.start.0, start.0 + span.end.0);
    }
    mistakes.sort_by_key(|mistake| mistake.span);
    mistakes.truncate(MISTAKES + 1);
    match mistakes.is_empty() {
        true => Ok(sink.keys),
        false => Err(mistakes),
    }
}

/// Takes records that are keys.
struct Keys<'s> {
    scope: NameRef<'s>,
    keys: Keyring,
    mistakes: Vec<RecordMistake>,
}

impl Sink for Keys<'_> {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        _: Class,
        _: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        span: Span,
    ) {
        let added = self.key(owner, rtype, rdata).and_then(|key| {
            let doubled = |_| format!("there is a key {owner} already; one name, one secret");
            self.keys.insert(key).map_err(doubled)
        });
        if let Err(message) = added {
            self.mistakes.push(RecordMistake { span, message });
        }
    }
}

impl Keys<'_> {
    fn key(&self, owner: NameRef<'_>, rtype: Rtype, rdata: &[u8]) -> Result<Key, String> {
        if rtype != Rtype::DNSKEY {
            return Err(format!(
                "a {rtype} record is no key: keys are DNSKEY records"
            ));
        }
        if !owner.is_at_or_below(self.scope) {
            let scope = self.scope;
            return Err(format!(
                "the key {owner} is not below {scope}, which the file is named after"
            ));
        }
        // RFC 4034 §2.1: flags, protocol, algorithm, key.
        let [flags @ .., 3, algorithm] = rdata.first_chunk::<4>().ok_or_else(no_key)? else {
            return Err(no_key());
        };
        let algorithm = Algorithm::from_dnskey_number(*algorithm).filter(|_| *flags == [0, 0]);
        let algorithm = algorithm.ok_or_else(no_key)?;
        Key::new(owner, algorithm, Secret::new(&rdata[4..])).map_err(|why| why.to_string())
    }
}

fn no_key() -> String {
    KeyTextError::Dnskey.to_string()
}

impl RecordMistake {
    /// What is quoted where a record is not understood may be a secret, so nothing is.
    fn of_syntax(error: &SyntaxError) -> RecordMistake {
        let message = match error.kind {
            SyntaxErrorKind::Rdata(_) => format!("{}, and a secret in base64", no_key()),
            kind => format!(
                "neither a record nor a directive ({}): NAME DNSKEY 0 3 ALGORITHM SECRET",
                kind.name()
            ),
        };
        let span = error.span;
        RecordMistake { span, message }
    }
}

/// The text with stars for all words but names with dots, numbers and DNSKEY: as long, line by line and word by word.
fn without_secrets(text: &[u8]) -> Vec<u8> {
    let mut shown = text.to_vec();
    let is_word = |octet: &u8| !b" \t\r\n();\"".contains(octet);
    let words = shown.chunk_by_mut(|one, other| is_word(one) == is_word(other));
    for word in words.filter(|word| is_word(&word[0])) {
        let is_known = word.eq_ignore_ascii_case(b"DNSKEY")
            || word.starts_with(b"$")
            || word.contains(&b'.')
            || word.len() < 4 && word.iter().all(u8::is_ascii_digit);
        if !is_known {
            // No secret in base64 has others, and columns count characters.
            let ascii = word.iter_mut().filter(|octet| octet.is_ascii());
            ascii.for_each(|octet| *octet = b'*');
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    const GOOD: &str = "; of the web server\n\
        web._update.example.org. DNSKEY 0 3 163 AAECAwQF BgcICQoLDA0ODw==\n\
        $ORIGIN example.org.\n\
        192.0.2.1.192.0.2.2._transfer 60 IN DNSKEY 0 3 165 ( EBESExQV\n  FhcYGRobHB0eHw== )\n";

    fn read(scope: &str, text: &str) -> Result<Keyring, Vec<String>> {
        let scope = Name::from_text(scope).unwrap();
        let mut map = SourceMap::new();
        read_key_records(("_keys", scope.as_ref()), text.as_bytes(), &mut map).map_err(|mistakes| {
            let told = mistakes.iter().map(|mistake| {
                let place = map.place(mistake.span.start);
                let line = String::from_utf8_lossy(place.text).into_owned();
                format!("{place}: {} | {line}", mistake.message)
            });
            told.collect()
        })
    }

    #[test]
    fn records_are_keys() {
        for scope in [".", "example.org"] {
            let keys = read(scope, GOOD).unwrap();
            let mut told: Vec<_> = keys.iter().map(|key| format!("{key:?}")).collect();
            told.sort();
            let wanted = [
                "Key(192.0.2.1.192.0.2.2._transfer.example.org. SHA512)",
                "Key(web._update.example.org. SHA256)",
            ];
            assert_eq!(told, wanted);
            let name = Name::from_text("web._update.example.org").unwrap();
            let key = keys.by_name(name.as_ref()).unwrap();
            assert_eq!(
                key.secret().expose(),
                core::array::from_fn::<u8, 16, _>(|i| i as u8)
            );
        }
        assert_eq!(read(".", "; nobody yet\n").unwrap().iter().count(), 0);
    }

    #[test]
    fn each_mistake_has_its_place_and_none_a_secret() {
        let key = "DNSKEY 0 3 163 AAECAwQFBgcICQoLDA0ODw==";
        let text = format!(
            "a._update {key}\n\
             A._update {key}\n\
             b._update DNSKEY 256 3 163 AAECAwQFBgcICQoLDA0ODw==\n\
             c._update DNSKEY 0 3 13 AAECAwQFBgcICQoLDA0ODw==\n\
             d._update DNSKEY 0 3 163 AAECAwQFBgcICQoLDA0ODw=\n\
             e._update A 192.0.2.1\n\
             f._update 0 3 163 AAECAwQFBgcICQoLDA0ODw==\n\
             AAECAwQFBgcICQoLDA0ODw==\n\
             $INCLUDE AAECAwQFBgcICQoLDA0ODw==\n\
             $GENERATE 1-3 k$._update {key}\n"
        );
        let told = read(".", &text).unwrap_err();
        let lines: Vec<_> = told
            .iter()
            .map(|told| told.split(':').nth(1).unwrap())
            .collect();
        assert_eq!(
            lines,
            ["2", "3", "4", "5", "6", "7", "8", "9", "10"],
            "{told:#?}"
        );
        assert!(told.iter().all(|told| !told.contains("AAEC")), "{told:#?}");
        let outside = read("example.net", GOOD).unwrap_err();
        assert_eq!(outside.len(), 2);
        assert!(
            outside[0].contains("web._update.example.org. is not below example.net."),
            "{outside:?}"
        );
    }

    #[test]
    fn limits() {
        let text = "#".repeat(KEY_FILE_OCTETS + 1);
        assert!(read(".", &text).unwrap_err()[0].contains("more than 1048576 octets"));
        assert_eq!(
            read(".", &"x\n".repeat(500)).unwrap_err().len(),
            MISTAKES + 1
        );
    }

    #[test]
    fn names_of_files() {
        let scope = |path| scope_of_records(path).map(|zone| zone.to_string());
        for (path, wanted) in [
            ("_keys", Some(".")),
            ("zones/org/_KEYS", Some(".")),
            ("example.org._keys", Some("example.org.")),
            ("x/example.org._Keys", Some("example.org.")),
            ("example.org", None),
            ("a_keys", None),
            ("a..b._keys", None),
            ("keys", None),
        ] {
            assert_eq!(scope(path), wanted.map(ToOwned::to_owned), "{path}");
        }
    }
}
