//! `--format github`: workflow commands, one line each, which GitHub attaches to the changed lines of a pull request.

use super::{Located, Report};
use crate::console::{Console, Plain};
use std::io;

pub(super) fn print(report: &Report, console: &mut Console<'_>) -> io::Result<()> {
    report
        .findings
        .iter()
        .try_for_each(|finding| writeln!(console.out, "{}", Plain(&line(finding))))
}

fn line(finding: &Located) -> String {
    let place = &finding.place;
    let kind = match finding.severity.word() {
        "note" => "notice",
        word => word,
    };
    let region = match place.is_whole() {
        true => String::new(),
        false => format!(
            ",line={},endLine={},col={},endColumn={}",
            place.line, place.end_line, place.column, place.end_column
        ),
    };
    let title = match finding.zone.as_str() {
        "" => finding.rule.clone(),
        zone => format!("{} in {zone}", finding.rule),
    };
    format!(
        "::{kind} file={}{region},title={}::{}",
        property(&place.path),
        property(&title),
        data(&message(finding))
    )
}

fn message(finding: &Located) -> String {
    let related = finding.related.iter().map(|other| {
        format!(
            "\n{}:{}: {}",
            other.place.path, other.place.line, other.message
        )
    });
    let help = finding.help.iter().map(|help| format!("\nhelp: {help}"));
    std::iter::once(finding.message.clone())
        .chain(related)
        .chain(help)
        .collect()
}

/// What GitHub asks to be escaped in the text after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// In a property, the separators too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
