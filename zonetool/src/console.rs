//! Standard streams: colour only on a terminal, and no control character that somebody else chose.

use crate::failure::{Exit, Outcome};
use clap::builder::styling::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::time::Duration;

/// Where commands write: results to `out`, everything else to `err`.
pub(crate) struct Console<'a> {
    pub(crate) out: &'a mut dyn Write,
    pub(crate) err: &'a mut dyn Write,
    /// Whether `out` is a terminal whose user wants colours.
    pub(crate) colour: bool,
    /// Set by commands asked for machine-readable output, so that errors are too.
    pub(crate) machine: bool,
}

impl Console<'_> {
    /// Runs `command` on the process's own streams and returns the exit code.
    pub(crate) fn with_standard_streams(command: impl FnOnce(&mut Console<'_>) -> Outcome) -> u8 {
        let colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let mut out = BufWriter::new(io::stdout().lock());
        let mut console = Console {
            out: &mut out,
            err: &mut io::stderr(),
            colour,
            machine: false,
        };
        let outcome = command(&mut console);
        console.finish(outcome).0
    }

    /// Flushes, and prints the failure if there is one.
    fn finish(&mut self, outcome: Outcome) -> Exit {
        let outcome = outcome.and_then(|exit| Ok(self.out.flush().map(|()| exit)?));
        let failure = match outcome {
            Ok(exit) => return exit,
            Err(failure) if failure.is_closed_pipe() => return Exit::CLEAN,
            Err(failure) => failure,
        };
        // What was found before the failure still belongs to the reader, and stderr is the last place to complain to.
        let _ = self.out.flush();
        let _ = match self.machine {
            true => writeln!(self.err, "{}", failure.to_json()),
            false => writeln!(self.err, "{failure}"),
        };
        failure.exit()
    }

    /// Prints one JSON document.
    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", plain_json(&format!("{value:#}")))
    }

    /// Prints one JSON document on one line, at once, for whoever follows along.
    pub(crate) fn line(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{}", plain_json(&value.to_string()))?;
        self.out.flush()
    }

    /// `text` in `style`, or bare where colours are unwelcome.
    pub(crate) fn paint<T: fmt::Display>(&self, style: Style, text: T) -> Painted<T> {
        let style = if self.colour { style } else { Style::new() };
        Painted { style, text }
    }

    /// A bar on stderr for `total` steps; silent unless stderr is a terminal and the person has waited a moment.
    pub(crate) fn progress(&self, total: usize, doing: &str) -> ProgressBar {
        self.bar(Some(total), "{msg} {wide_bar} {pos}/{len} {eta}", doing)
    }

    /// The same where nobody knows how many steps there will be.
    pub(crate) fn counter(&self, doing: &str) -> ProgressBar {
        self.bar(None, "{msg} {pos} {elapsed}", doing)
    }

    fn bar(&self, total: Option<usize>, template: &str, doing: &str) -> ProgressBar {
        if self.machine || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(template).expect("our templates are valid");
        let total = total.map(|total| total as u64);
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr())
            .with_style(style)
            .with_message(doing.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BLUE: Style = AnsiColor::Blue.on_default().bold();

/// Text with a style around it.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Painted { style, text } = self;
        write!(f, "{style}{text}{style:#}")
    }
}

/// Text from a zone, a commit or a server, shown without letting it drive the terminal.
///
/// Each character stands for one character, so columns still line up.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().try_for_each(|c| f.write_char(visible(c)))
    }
}

/// Control pictures for C0 and DEL; the replacement character for C1 and for whatever reorders or hides text.
pub(crate) fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..='\x1f' => {
            char::from_u32(0x2400 + u32::from(c)).expect("a control picture for each C0 character")
        }
        '\x7f' => '\u{2421}',
        c if is_treacherous(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// C1 controls, zero-width and bidirectional marks, line separators, byte order marks, tags.
fn is_treacherous(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// JSON leaves DEL, C1 and direction marks as they are; inside its strings they can as well be written `\u....`.
pub(crate) fn plain_json(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c == '\x7f' || is_treacherous(c) {
            true => push_json_escape(c, &mut plain),
            false => plain.push(c),
        }
    }
    plain
}

fn push_json_escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_elses_text_drives_the_terminal() {
        let attack = "a\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}b\n\u{7f}";
        assert_eq!(
            Plain(attack).to_string(),
            "a␛]0;owned␇\u{fffd}2J\u{fffd}b␊␡"
        );
    }

    #[test]
    fn json_stays_json_and_stays_plain() {
        let value = serde_json::json!("\u{9b}2J\u{202e}\u{e0041}ü");
        let text = plain_json(&value.to_string());
        assert_eq!(text, r#""\u009b2J\u202e\udb40\udc41ü""#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
