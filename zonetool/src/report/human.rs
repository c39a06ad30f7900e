//! `--format human`: an excerpt with a caret, the other place, the way in, the fix.

use super::{Located, Place, Report, Severity, counted};
use crate::console::{BLUE, BOLD, Console, GREEN, Plain, RED, YELLOW};
use clap::builder::styling::Style;
use std::io;

pub(super) fn print(report: &Report, console: &mut Console<'_>) -> io::Result<()> {
    for (rule, place) in &report.fixed {
        let fixed = console.paint(GREEN, "fixed");
        writeln!(console.out, "{fixed}[{rule}] {}", Plain(&at(place)))?;
    }
    for finding in &report.findings {
        print_finding(finding, console)?;
    }
    writeln!(console.out, "{}", summary(report))
}

fn print_finding(finding: &Located, console: &mut Console<'_>) -> io::Result<()> {
    let style = style(finding.severity);
    let heading = console.paint(
        style,
        format!("{}[{}]", finding.severity.word(), finding.rule),
    );
    let message = console.paint(BOLD, Plain(&finding.message));
    writeln!(console.out, "{heading}: {message}")?;

    let mut page = Page {
        gutter: gutter(finding),
        console,
    };
    page.way_in(finding)?;
    page.excerpt(
        &finding.place,
        "",
        Mark {
            arrow: "-->",
            underline: '^',
            style,
        },
    )?;
    for other in &finding.related {
        page.excerpt(
            &other.place,
            &other.message,
            Mark {
                arrow: ":::",
                underline: '-',
                style: BLUE,
            },
        )?;
    }
    page.footnotes(finding)?;
    writeln!(page.console.out)
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Note => BLUE,
    }
}

/// How one place is pointed at.
#[derive(Clone, Copy)]
struct Mark {
    arrow: &'static str,
    underline: char,
    style: Style,
}

/// One finding being printed: all its excerpts share the width of the line-number column.
struct Page<'p, 'c> {
    gutter: usize,
    console: &'p mut Console<'c>,
}

impl Page<'_, '_> {
    fn way_in(&mut self, finding: &Located) -> io::Result<()> {
        for place in &finding.included_from {
            let Page { gutter, console } = self;
            writeln!(
                console.out,
                "{:gutter$}  in {} ($INCLUDE)",
                "",
                Plain(&at(place))
            )?;
        }
        Ok(())
    }

    fn excerpt(&mut self, place: &Place, label: &str, mark: Mark) -> io::Result<()> {
        let Page { gutter, console } = self;
        let gutter = *gutter;
        let arrow = console.paint(BLUE, mark.arrow);
        writeln!(console.out, "{:gutter$}{arrow} {}", "", Plain(&at(place)))?;
        if place.is_whole() {
            return Ok(());
        }
        let window = Window::around(place);
        let bar = console.paint(BLUE, "|");
        let carets = mark.underline.to_string().repeat(window.width);
        let carets = console.paint(
            mark.style,
            format!("{carets} {}", Plain(label)).trim_end().to_owned(),
        );
        let number = console.paint(BLUE, format!("{:gutter$}", place.line));
        writeln!(console.out, "{:gutter$} {bar}", "")?;
        writeln!(console.out, "{number} {bar} {}", Plain(&window.text))?;
        writeln!(
            console.out,
            "{:gutter$} {bar} {:indent$}{carets}",
            "",
            "",
            indent = window.indent
        )
    }

    fn footnotes(&mut self, finding: &Located) -> io::Result<()> {
        if let Some(help) = &finding.help {
            self.footnote("help", help)?;
        }
        if let Some(fix) = &finding.fix {
            self.footnote("fix", &fix_in_words(fix))?;
        }
        if let Some(origin) = &finding.origin {
            let id = &origin.commit[..origin.commit.len().min(12)];
            self.footnote(
                "commit",
                &format!("{id} {}: {}", origin.author, origin.subject),
            )?;
        }
        Ok(())
    }

    fn footnote(&mut self, kind: &str, text: &str) -> io::Result<()> {
        let Page { gutter, console } = self;
        let sign = console.paint(BLUE, "=");
        let kind = console.paint(BOLD, kind);
        let indent = *gutter + 1;
        writeln!(console.out, "{:indent$}{sign} {kind}: {}", "", Plain(text))
    }
}

fn fix_in_words(fix: &super::Fix) -> String {
    let how = if fix.safe {
        "`zonetool check --fix` does it"
    } else {
        "look before you apply it"
    };
    let place = &fix.place;
    match (fix.replacement.as_str(), fix.start_octet == fix.end_octet) {
        ("", _) => format!(
            "delete line {} columns {}-{} ({how})",
            place.line, place.column, place.end_column
        ),
        (new, true) => format!("write `{new}` at {}:{} ({how})", place.line, place.column),
        (new, false) => format!("write `{new}` ({how})"),
    }
}

/// `path:line:column`, the form that editors and terminals turn into a link.
fn at(place: &Place) -> String {
    match place.is_whole() {
        true => place.path.clone(),
        false => format!("{}:{}:{}", place.path, place.line, place.column),
    }
}

fn gutter(finding: &Located) -> usize {
    let related = finding.related.iter().map(|other| other.place.line);
    let largest = related.chain([finding.place.line]).max().unwrap_or(0);
    largest.to_string().len()
}

/// The part of a line that is shown; a line of a thousand characters would bury its own caret.
struct Window {
    text: String,
    /// Characters before the caret.
    indent: usize,
    /// Characters underlined, at least one.
    width: usize,
}

/// Lines up to this many characters are shown whole.
const WHOLE: usize = 160;
/// Otherwise this many are shown before the caret.
const BEFORE: usize = 60;

impl Window {
    fn around(place: &Place) -> Window {
        let length = place.text.chars().count();
        let column = place.column.saturating_sub(1).min(length);
        let end = match place.end_line == place.line {
            true => place.end_column.saturating_sub(1),
            false => length,
        };
        let width = end.saturating_sub(column);
        match length <= WHOLE {
            true => Window {
                text: place.text.clone(),
                indent: column,
                width: width.max(1),
            },
            false => Window::cut(place, column, width),
        }
    }

    fn cut(place: &Place, column: usize, width: usize) -> Window {
        let skipped = column.saturating_sub(BEFORE);
        let kept: String = place.text.chars().skip(skipped).take(WHOLE).collect();
        let shown = kept.chars().count();
        let (left, right) = (
            if skipped > 0 { "…" } else { "" },
            if shown == WHOLE { "…" } else { "" },
        );
        let indent = column - skipped;
        Window {
            indent: indent + left.chars().count(),
            width: width.clamp(1, (shown.saturating_sub(indent)).max(1)),
            text: format!("{left}{kept}{right}"),
        }
    }
}

/// `2 errors, 1 warning in 3 zones (120 records)`, or `ok: ...`.
fn summary(report: &Report) -> String {
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter(|severity| report.count(*severity) > 0)
        .map(|severity| counted(report.count(severity), severity.word()))
        .collect();
    let size = format!(
        "{} ({})",
        counted(report.zones, "zone"),
        counted(report.records, "record")
    );
    match counts.is_empty() {
        true => format!("ok: {size}"),
        false => format!("{} in {size}", counts.join(", ")),
    }
}
