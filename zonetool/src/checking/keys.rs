//! Keys in a repository, and what is wrong with them.

use tsig::text::{RecordMistake, read_key_records, scope_of_records};
use zone::check::Finding;
use zone::rules::Rule;
use zonefile::SourceMap;

use super::locate;
use crate::files::Files;
use crate::report::Located;

/// A file `_keys` or `ZONE._keys`. No finding shows a secret, nor a line with one.
pub(super) fn of_file(files: &dyn Files, path: &str) -> Vec<Located> {
    let (Some(scope), Ok(text)) = (scope_of_records(path), files.read(path)) else {
        return Vec::new();
    };
    let mut map = SourceMap::new();
    let mistakes = read_key_records((path, scope.as_ref()), &text, &mut map).err();
    let finding = |RecordMistake { span, message }| {
        Finding::new(Rule::BadKey, span, message)
            .help("until it is mended, the keys of before are good: zonetool explain bad-key")
    };
    let findings = mistakes.into_iter().flatten().map(finding);
    findings
        .map(|finding| locate(files, &map, "", &finding))
        .collect()
}
