//! `--format sarif`: SARIF 2.1.0 (OASIS, 2020), one run with one result for each finding.

use super::{Fix, Located, Place, Report};
use crate::commands::explain;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn document(report: &Report) -> Value {
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver(report) },
            // Columns count characters, as people do, not the UTF-16 units that are SARIF's default (§3.14.17).
            "columnKind": "unicodeCodePoints",
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn driver(report: &Report) -> Value {
    let ids: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    json!({
        "name": "zonetool",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": ids.into_iter().map(rule).collect::<Vec<_>>(),
    })
}

fn rule(id: &str) -> Value {
    let known = explain::entries()
        .into_iter()
        .find(|entry| entry.rule == id);
    known.map_or_else(
        || json!({ "id": id }),
        |entry| {
            json!({
                "id": id,
                "shortDescription": { "text": entry.summary },
                "help": { "text": entry.explanation },
            })
        },
    )
}

fn result(finding: &Located) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": finding.severity.word(),
        "message": { "text": message(finding) },
        "locations": [location(&finding.place, None)],
        "properties": { "zone": finding.zone, "origin": finding.origin },
    });
    if !finding.related.is_empty() || !finding.included_from.is_empty() {
        result["relatedLocations"] = related(finding);
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([change(fix)]);
    }
    result
}

fn message(finding: &Located) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

fn related(finding: &Located) -> Value {
    let clashing = finding
        .related
        .iter()
        .map(|other| location(&other.place, Some(&other.message)));
    let including = finding
        .included_from
        .iter()
        .map(|place| location(place, Some("included from here")));
    clashing.chain(including).collect()
}

fn location(place: &Place, message: Option<&str>) -> Value {
    let mut location =
        json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&place.path) } } });
    if !place.is_whole() {
        location["physicalLocation"]["region"] = region(place);
    }
    if let Some(text) = message {
        location["message"] = json!({ "text": text });
    }
    location
}

fn region(place: &Place) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

fn change(fix: &Fix) -> Value {
    json!({
        "description": { "text": if fix.safe { "safe: `zonetool check --fix` applies it" } else { "look before you apply it" } },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(&fix.place.path) },
            "replacements": [{ "deletedRegion": region(&fix.place), "insertedContent": { "text": fix.replacement } }],
        }],
    })
}

/// A relative URI reference (RFC 3986 §4.2): everything but unreserved characters and `/` percent-encoded.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|octet| match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(octet).to_string()
            }
            _ => format!("%{octet:02X}"),
        })
        .collect()
}
