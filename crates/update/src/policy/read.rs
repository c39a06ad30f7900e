//! Reading the text of a policy.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use core::ops::Range;
use core::str::FromStr;

use rr::{Name, NameRef};
use tsig::{KeyName, Operation};

use super::{Grant, Layer, Mistake, Pattern, Policy, Selection, Types, Winner};
use crate::limits::{MISTAKES, NAMES_OF_A_KIND, POLICY_OCTETS};

/// What a line of each kind looks like.
const ALLOW: &str = "a line is `allow KEY ACTIONS TYPES NAMES [until YYYY-MM-DD]`, \
                     such as `allow web._update.example.org replace TLSA _443._tcp.www.example.org`";
const LAYER: &str = "a line is `ephemeral TYPES NAMES` or `durable TYPES NAMES`, such as `ephemeral TXT _acme-challenge.*`";
const WINNER: &str =
    "a line is `winner human|update TYPES NAMES`, such as `winner update A,AAAA *.dyn.example.org`";

pub(super) fn read(text: &[u8]) -> (Policy, Vec<Mistake>) {
    let (mut policy, mut mistakes) = (Policy::default(), Vec::new());
    if text.len() > POLICY_OCTETS {
        let message = format!("a policy has at most {POLICY_OCTETS} octets");
        mistakes.push(Mistake {
            line: 1,
            column: 1,
            range: 0..0,
            message,
        });
        policy.mistake = mistakes.first().cloned();
        return (policy, mistakes);
    }
    let mut at = 0;
    for (number, line) in text.split_inclusive(|octet| *octet == b'\n').enumerate() {
        if let Err(wrong) = read_line(line, &mut policy) {
            mistakes.push(wrong.at(number + 1, at));
        }
        if mistakes.len() == MISTAKES {
            break;
        }
        at += line.len();
    }
    policy.mistake = mistakes.first().cloned();
    (policy, mistakes)
}

/// A wrong word of a line: its octets in the line.
struct Wrong {
    range: Range<usize>,
    message: String,
}

impl Wrong {
    fn at(self, line: usize, line_start: usize) -> Mistake {
        Mistake {
            line,
            column: self.range.start + 1,
            range: line_start + self.range.start..line_start + self.range.end,
            message: self.message,
        }
    }
}

/// A word of a line and where it stands.
#[derive(Clone)]
struct Word<'t> {
    text: &'t str,
    range: Range<usize>,
}

impl Word<'_> {
    fn wrong(&self, message: impl Into<String>) -> Wrong {
        Wrong {
            range: self.range.clone(),
            message: message.into(),
        }
    }

    fn parse<T: FromStr<Err: Display>>(&self) -> Result<T, Wrong> {
        self.text
            .parse()
            .map_err(|error: T::Err| self.wrong(error.to_string()))
    }
}

fn read_line(line: &[u8], policy: &mut Policy) -> Result<(), Wrong> {
    let words = words(line)?;
    let Some((verb, rest)) = words.split_first() else {
        return Ok(());
    };
    match verb.text {
        "allow" => read_allow(verb, rest, policy),
        "ephemeral" => read_layer(verb, rest, Layer::Ephemeral, policy),
        "durable" => read_layer(verb, rest, Layer::Durable, policy),
        "winner" => read_winner(verb, rest, policy),
        other => Err(verb.wrong(format!(
            "no line begins with `{}`; they begin with allow, ephemeral, durable or winner",
            other.escape_debug()
        ))),
    }
}

fn read_allow(verb: &Word<'_>, rest: &[Word<'_>], policy: &mut Policy) -> Result<(), Wrong> {
    let (key, actions, types, names, until) = match rest {
        [key, actions, types, names] => (key, actions, types, names, None),
        [key, actions, types, names, word, date] if word.text == "until" => {
            (key, actions, types, names, Some(date))
        }
        other => return Err(miscounted(verb, other, ALLOW)),
    };
    let (name, scope) = read_key(key)?;
    let grant = Grant {
        actions: actions.parse()?,
        types: types.parse()?,
        names: read_names(names, Some(scope.as_ref()))?,
        until: until.map(Word::parse).transpose()?,
        key: name.clone(),
    };
    let grants = policy.grants.entry(name).or_default();
    let before = grants.iter().map(|grant| grant.names.len());
    check_room(before.sum(), &grant.names, names)?;
    grants.push(grant);
    Ok(())
}

/// [`NAMES_OF_A_KIND`].
fn check_room(before: usize, names: &[Pattern], word: &Word<'_>) -> Result<(), Wrong> {
    match before + names.len() <= NAMES_OF_A_KIND {
        true => Ok(()),
        false => Err(word.wrong(format!(
            "lines of this kind, or of this key, have at most {NAMES_OF_A_KIND} names together; \
             a pattern stands for many"
        ))),
    }
}

fn read_layer(
    verb: &Word<'_>,
    rest: &[Word<'_>],
    layer: Layer,
    policy: &mut Policy,
) -> Result<(), Wrong> {
    let [types, names] = rest else {
        return Err(miscounted(verb, rest, LAYER));
    };
    let selection = read_selection(types, names)?;
    let before = policy.layers.iter().map(|(before, _)| before.names.len());
    check_room(before.sum(), &selection.names, names)?;
    policy.layers.push((selection, layer));
    Ok(())
}

fn read_winner(verb: &Word<'_>, rest: &[Word<'_>], policy: &mut Policy) -> Result<(), Wrong> {
    let [winner, types, names] = rest else {
        return Err(miscounted(verb, rest, WINNER));
    };
    let who = match winner.text {
        "human" => Winner::Human,
        "update" => Winner::Update,
        _ => return Err(winner.wrong("the winner is `human` or `update`")),
    };
    let selection = read_selection(types, names)?;
    let before = policy.winners.iter().map(|(before, _)| before.names.len());
    check_room(before.sum(), &selection.names, names)?;
    policy.winners.push((selection, who));
    Ok(())
}

fn read_selection(types: &Word<'_>, names: &Word<'_>) -> Result<Selection, Wrong> {
    let types: Types = types.parse()?;
    let names = read_names(names, None)?;
    Ok(Selection { types, names })
}

/// The name of a key for updates, and what it is for.
fn read_key(word: &Word<'_>) -> Result<(Name, Name), Wrong> {
    let name = Name::from_text(word.text)
        .map_err(|error| word.wrong(format!("not the name of a key: {error}")))?;
    let said = KeyName::parse(name.as_ref()).ok().flatten();
    match said.filter(|said| said.operation == Operation::Update) {
        Some(said) => Ok((name, said.scope)),
        None => Err(word.wrong(
            "this key is not for updates, and the policy only narrows what the name of a key says: LABEL._update.ZONE",
        )),
    }
}

/// Patterns with commas between them, none of which is in vain.
fn read_names(word: &Word<'_>, scope: Option<NameRef<'_>>) -> Result<Vec<Pattern>, Wrong> {
    let mut at = word.range.start;
    let mut names = Vec::new();
    for text in word.text.split(',') {
        let part = Word {
            text,
            range: at..at + text.len(),
        };
        let pattern: Pattern = part.parse()?;
        if let Some(scope) = scope.filter(|scope| pattern.is_outside(*scope)) {
            return Err(part.wrong(format!("the name of the key says it is for {scope} only")));
        }
        names.push(pattern);
        at += text.len() + 1;
    }
    Ok(names)
}

fn miscounted(verb: &Word<'_>, rest: &[Word<'_>], form: &str) -> Wrong {
    rest.last().unwrap_or(verb).wrong(form)
}

fn words(line: &[u8]) -> Result<Vec<Word<'_>>, Wrong> {
    let end = line
        .iter()
        .position(|octet| *octet == b'#')
        .unwrap_or(line.len());
    let text = core::str::from_utf8(&line[..end]).map_err(|error| Wrong {
        range: error.valid_up_to()..end,
        message: "the line is not UTF-8 text".into(),
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let word = |word: &'_ str| {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        start..start + word.len()
    };
    let words = text.split_ascii_whitespace();
    Ok(words
        .map(|text| Word {
            text,
            range: word(text),
        })
        .collect())
}
