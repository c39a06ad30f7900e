//! The serial against that of the version before (RFC 1982).

use alloc::format;
use alloc::string::String;
use core::cmp::Ordering;

use rr::{Rtype, Serial};

use super::Finding;
use super::context::Context;
use crate::rules::Rule;

/// The version of a zone before the one that is checked: that of the parent commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Its serial.
    pub serial: Serial,
    /// Whether other records than the SOA differ, or other fields of the SOA than the serial.
    pub changed: bool,
}

impl Before {
    /// The rule that a zone with this serial breaks as the next version, if it does.
    pub fn broken_by(self, serial: Serial) -> Option<Rule> {
        match serial.compare(self.serial) {
            Some(Ordering::Greater) => None,
            Some(Ordering::Equal) if !self.changed => None,
            Some(Ordering::Equal) => Some(Rule::SerialNotRaised),
            // RFC 1982 §3.2: which of two serials half the circle apart is the later one is not defined.
            Some(Ordering::Less) | None => Some(Rule::SerialLowered),
        }
    }
}

pub(super) fn check(context: &mut Context<'_>, before: &Before) {
    let Some(serial) = context.zone.serial() else {
        return;
    };
    let Some(soa) = context.zone.apex_node().rrset(Rtype::SOA) else {
        return;
    };
    let Some(rule) = before.broken_by(serial) else {
        return;
    };
    let written = context.first(soa);
    let place = written.data(2);
    let finding = Finding::new(rule, place, message(rule, before.serial, serial));
    let next = before.serial.next().0;
    let is_number = written.text(place).iter().all(u8::is_ascii_digit);
    let finding = finding.help(format!("raise it, for example to {next}"));
    let finding = if is_number {
        finding.fix(place, format!("{next}"))
    } else {
        finding
    };
    context.report(written.at, finding);
}

fn message(rule: Rule, before: Serial, now: Serial) -> String {
    match rule {
        Rule::SerialNotRaised => format!("the zone was changed and its serial is still {}", now.0),
        _ if now.compare(before).is_none() => {
            format!(
                "the serial {} is neither higher nor lower than {}, the one before",
                now.0, before.0
            )
        }
        _ => format!(
            "the serial {} is lower than {}, the one before",
            now.0, before.0
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_go_upwards_around_the_circle() {
        let before = |serial, changed| Before {
            serial: Serial(serial),
            changed,
        };
        assert_eq!(before(7, true).broken_by(Serial(8)), None);
        assert_eq!(before(7, false).broken_by(Serial(7)), None);
        assert_eq!(
            before(7, true).broken_by(Serial(7)),
            Some(Rule::SerialNotRaised)
        );
        assert_eq!(
            before(7, false).broken_by(Serial(6)),
            Some(Rule::SerialLowered)
        );
        assert_eq!(
            before(u32::MAX, true).broken_by(Serial(3)),
            None,
            "RFC 1982 §3.2"
        );
        assert_eq!(
            before(0, true).broken_by(Serial(1 << 31)),
            Some(Rule::SerialLowered)
        );
    }
}
