//! The two policies of a repository, and what is wrong with them.

use zone::check::{Finding, Policy};
use zone::rules::Rule;
use zonefile::{Pos, SourceMap, Span};

use super::locate;
use crate::files::Files;
use crate::report::Located;

/// `.zonecheck`: what is thought of the rules.
pub(super) fn of_checks(files: &dyn Files) -> (Policy, Vec<Located>) {
    let Some((text, map, start)) = opened(files, Policy::FILE_NAME) else {
        return (Policy::default(), Vec::new());
    };
    let (policy, findings) = Policy::read(&text, start);
    let located = findings
        .iter()
        .map(|finding| locate(files, &map, "", finding));
    (policy, located.collect())
}

/// `.zonepolicy`: who may change what. Nothing of it counts here but its mistakes.
pub(super) fn of_updates(files: &dyn Files) -> Vec<Located> {
    let Some((text, map, start)) = opened(files, update::Policy::FILE_NAME) else {
        return Vec::new();
    };
    let (_, mistakes) = update::Policy::read(&text);
    let findings = mistakes.into_iter().map(|mistake| {
        let at = |octets: usize| Pos(start.0 + octets as u32);
        let place = Span {
            start: at(mistake.range.start),
            end: at(mistake.range.end),
        };
        Finding::new(Rule::BadUpdatePolicy, place, mistake.message)
            .help("until it is mended, updates are refused: zonetool explain bad-update-policy")
    });
    findings
        .map(|finding| locate(files, &map, "", &finding))
        .collect()
}

/// The text of a policy, if there is one, with where it begins in a map of its own. Positions end at 4 GiB, which none has.
fn opened(files: &dyn Files, name: &str) -> Option<(Vec<u8>, SourceMap, Pos)> {
    let text = files.read_optional(name)?;
    let mut map = SourceMap::new();
    let start = map.add(name, text.clone(), None)?;
    Some((text, map, start))
}
