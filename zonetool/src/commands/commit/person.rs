//! Who commits: as Git finds it out, from the command line, the environment and the person's configuration.

use crate::failure::Failure;
use git_store::Person;
use gix::actor::SignatureRef;

/// Who wrote a change, and who commits it.
pub(super) struct People {
    pub(super) author: Person,
    pub(super) committer: Person,
}

impl People {
    /// `author` is written `Name <address>`.
    pub(super) fn of(config: &gix::Repository, author: Option<&str>) -> Result<People, Failure> {
        if config.config_snapshot().boolean("commit.gpgSign") == Some(true) {
            return Err(Failure::usage(
                "commits here are to be signed (commit.gpgSign), which is not done here",
            )
            .next("git commit --gpg-sign"));
        }
        let named = author.map(named).transpose()?;
        let configured = |found: Option<gix::Result<SignatureRef<'_>>>| match found {
            Some(found) => found.ok().and_then(|found| person(&found)),
            None => None,
        };
        let committer = configured(config.committer());
        let author = configured(config.author());
        let author = match (named, author.as_ref().or(committer.as_ref())) {
            (Some((name, email)), at) => Person {
                name,
                email,
                ..at.cloned().unwrap_or_else(now)
            },
            (None, Some(author)) => author.clone(),
            (None, None) => return Err(nobody()),
        };
        Ok(People {
            committer: committer.unwrap_or_else(|| author.clone()),
            author,
        })
    }
}

fn person(found: &SignatureRef<'_>) -> Option<Person> {
    let time = found.time().ok()?;
    let person = Person {
        name: found.name.to_string().trim().to_owned(),
        email: found.email.to_string().trim().to_owned(),
        time_secs: time.seconds,
        offset_secs: time.offset,
    };
    Some(person).filter(|person| !person.name.is_empty())
}

/// Nobody, at this time.
fn now() -> Person {
    let now = gix::date::Time::now_local_or_utc();
    Person {
        name: String::new(),
        email: String::new(),
        time_secs: now.seconds,
        offset_secs: now.offset,
    }
}

fn named(text: &str) -> Result<(String, String), Failure> {
    let parts = text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'));
    let parts = parts.map(|(name, email)| (name.trim(), email.trim()));
    match parts.filter(|(name, email)| !name.is_empty() && !email.contains('<')) {
        Some((name, email)) => Ok((name.to_owned(), email.to_owned())),
        None => Err(Failure::usage(format!("`{text}` names nobody"))
            .next("write --author 'Ada <ada@example.org>'")),
    }
}

fn nobody() -> Failure {
    Failure::usage("it is not known who commits").next(
        "say it once, in ~/.gitconfig: [user] name = Ada, email = ada@example.org; or each time: --author 'Ada <ada@example.org>'",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_a_name_and_an_address() {
        let pair = |name: &str, email: &str| Some((name.to_owned(), email.to_owned()));
        for (text, wanted) in [
            ("Ada <ada@example.org>", pair("Ada", "ada@example.org")),
            (" Ada L.  < ada@x > ", pair("Ada L.", "ada@x")),
            ("Ada <>", pair("Ada", "")),
            ("Ada", None),
            ("<ada@example.org>", None),
            ("Ada <a <b>", None),
        ] {
            assert_eq!(named(text).ok(), wanted, "{text}");
        }
    }
}
