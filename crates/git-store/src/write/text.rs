//! The rules by which people and messages become part of a commit, and its octets.

use gix::ObjectId;
use gix::actor::Signature;
use gix::date::Time;
use gix::objs::{Kind, WriteTo};

use super::draft::{Draft, Trailer};
use super::error::{Refusal, Result};
use super::loose::NewObject;
use crate::commit::Person;
use crate::limits;
use crate::path::is_unsafe;

/// Time zones that are in use reach from -12:00 to +14:00.
const OFFSET_SECS: i32 = 14 * 3600;

/// The commit object of a draft whose files are in `tree`.
pub(crate) fn commit(hash: gix::hash::Kind, draft: &Draft, tree: ObjectId) -> Result<NewObject> {
    let parents = draft.parent.iter().chain(&draft.merged);
    let commit = gix::objs::Commit {
        tree,
        parents: parents.map(|parent| parent.0).collect(),
        author: signature("author", &draft.author)?,
        committer: signature("committer", &draft.committer)?,
        encoding: None,
        message: message(draft)?.into(),
        extra_headers: Vec::new(),
    };
    let mut octets = Vec::new();
    let written = commit.write_to(&mut octets);
    written.expect("names are clean, and writing to memory does not fail");
    match octets.len() as u64 > limits::COMMIT_OCTETS {
        true => Err(text("message", "is too long")),
        false => NewObject::new(hash, Kind::Commit, octets),
    }
}

/// As [`clean`] makes it, with a name that is not empty and a time that Git can print.
pub(crate) fn signature(field: &'static str, person: &Person) -> Result<Signature> {
    let name = clean(&person.name);
    if name.is_empty() {
        return Err(text(field, "has no name"));
    }
    // Times are printed with ten digits or a few more, and offsets in whole minutes.
    if !(0..=1 << 40).contains(&person.time_secs) {
        return Err(text(field, "has a time that Git cannot store"));
    }
    if person.offset_secs.abs() > OFFSET_SECS || person.offset_secs % 60 != 0 {
        return Err(text(field, "has a time zone that there is not"));
    }
    Ok(Signature {
        name: name.into(),
        email: clean(&person.email).into(),
        time: Time::new(person.time_secs, person.offset_secs),
    })
}

/// Git's rule for names and addresses: `<`, `>` and what ends a line are left out, and so is punctuation
/// at the ends. Ours: all other control characters, and those that hide or turn text, as well.
pub(crate) fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|&character| !is_unsafe(character) && !matches!(character, '<' | '>'))
        .collect();
    let is_crud = |character: char| {
        character.is_whitespace() || matches!(character, '.' | ',' | ':' | ';' | '"' | '\\' | '\'')
    };
    kept.trim_matches(is_crud).to_owned()
}

/// The message with its trailers, one newline at the end.
fn message(draft: &Draft) -> Result<String> {
    let mut whole = clean_lines(&draft.message);
    if whole.is_empty() {
        return Err(text("message", "is empty"));
    }
    whole.push('\n');
    for (number, trailer) in draft.trailers.iter().enumerate() {
        if number == 0 {
            whole.push('\n');
        }
        whole += &trailer_line(trailer)?;
    }
    Ok(whole)
}

/// Lines without control characters (tabs may stay), without space at their ends, and none empty at either end.
fn clean_lines(message: &str) -> String {
    let lines = message.split('\n').map(|line| {
        let kept = line
            .chars()
            .filter(|&character| character == '\t' || !is_unsafe(character));
        kept.collect::<String>().trim_end().to_owned()
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn trailer_line(trailer: &Trailer) -> Result<String> {
    let Trailer { key, value } = trailer;
    let is_key = |key: &str| {
        key.chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    if key.is_empty() || !is_key(key) {
        return Err(text(
            "trailer",
            "has a key that is not of letters, digits and -",
        ));
    }
    let value: String = value
        .chars()
        .map(|character| if is_unsafe(character) { ' ' } else { character })
        .collect();
    Ok(format!("{key}: {}\n", value.trim()))
}

fn text(field: &'static str, why: &'static str) -> super::WriteError {
    Refusal::Text { field, why }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_as_git_does() {
        for (given, wanted) in [
            ("Ann", "Ann"),
            ("  J. R. \"Bob\" Dobbs, Jr. ", "J. R. \"Bob\" Dobbs, Jr"),
            ("a\nb <c@d>\r\n", "ab c@d"),
            ("x\u{1b}[2J\u{202e}y", "x[2Jy"),
            ("key.example.", "key.example"),
            ("<>", ""),
            ("Ærøskøbing", "Ærøskøbing"),
        ] {
            assert_eq!(clean(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn lines_are_cleaned() {
        for (given, wanted) in [
            ("One\r\n\r\nTwo  \n\n\n", "One\n\nTwo"),
            ("\n\n a\tb\0", " a\tb"),
            ("\u{1b}[31m\n", "[31m"),
            ("\n \n", ""),
        ] {
            assert_eq!(clean_lines(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn trailers() {
        let line = |key: &str, value: &str| {
            trailer_line(&Trailer {
                key: key.to_owned(),
                value: value.to_owned(),
            })
        };
        assert_eq!(
            line("Serial", "17\nx: y").as_deref(),
            Ok("Serial: 17 x: y\n")
        );
        assert!(line("", "x").is_err());
        assert!(line("a b", "x").is_err());
        assert!(line("a:", "x").is_err());
    }

    #[test]
    fn times_that_git_prints() {
        let at = |time_secs, offset_secs| {
            let person = Person {
                name: "Ann".to_owned(),
                email: String::new(),
                time_secs,
                offset_secs,
            };
            signature("author", &person).is_ok()
        };
        assert!(at(0, 0) && at(1_700_000_000, -12 * 3600) && at(1 << 40, 20_700));
        assert!(!at(-1, 0) && !at(i64::MAX, 0) && !at(0, 15 * 3600) && !at(0, 61));
    }
}
