//! What history says of updates.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use git_store::{CommitId, Draft, Edit, Person, Trailer, TreePath};

use super::Update;

/// Who makes the commits.
pub(crate) const COMMITTER: &str = "stemma-primary";

/// The key of the lines that programs read: `key=NAME zone=NAME from=ADDRESS id=NUMBER`.
pub(super) const TRAILER: &str = "Stemma-Update";

/// An update that is part of a commit, and what it changes in words.
pub(super) type Part<'u> = (&'u Update, &'u str);

/// The commit of these updates, of which there is at least one.
pub(super) fn draft(
    parent: CommitId,
    changes: BTreeMap<TreePath, Edit>,
    parts: &[Part<'_>],
    time_secs: i64,
) -> Draft {
    let person = |name: String| Person {
        name,
        email: String::new(),
        time_secs,
        offset_secs: 0,
    };
    let keys: BTreeSet<String> = parts.iter().map(|(update, _)| key(update)).collect();
    let author = match keys.len() {
        1 => keys.into_iter().next().unwrap_or_default(),
        _ => COMMITTER.into(),
    };
    Draft {
        parent: Some(parent),
        merged: None,
        changes,
        author: person(author),
        committer: person(COMMITTER.into()),
        message: message(parts),
        trailers: parts.iter().map(|(update, _)| trailer(update)).collect(),
    }
}

/// The key without the dot at its end: Git leaves that out of a name.
fn key(update: &Update) -> String {
    update.key.to_string().trim_end_matches('.').to_owned()
}

/// What changed, and from where.
fn message(parts: &[Part<'_>]) -> String {
    let line = |(update, summary): &Part<'_>| format!("{}: {summary}", update.zone);
    if let [part] = parts {
        let (update, _) = part;
        return format!(
            "{}\n\nUpdate from {} with key {}",
            line(part),
            update.from,
            update.key
        );
    }
    let zones: BTreeSet<&rr::Name> = parts.iter().map(|(update, _)| &update.zone).collect();
    let mut message = match zones.len() {
        1 => format!("{}: {} updates\n\n", parts[0].0.zone, parts.len()),
        zones => format!("{} updates of {zones} zones\n\n", parts.len()),
    };
    for part in parts {
        let (update, _) = part;
        let _ = writeln!(
            message,
            "{}, from {} with key {}",
            line(part),
            update.from,
            update.key
        );
    }
    message
}

fn trailer(update: &Update) -> Trailer {
    let Update {
        zone,
        key,
        from,
        id,
        ..
    } = update;
    Trailer {
        key: TRAILER.into(),
        value: format!("key={key} zone={zone} from={from} id={id}"),
    }
}
