//! `--format json`: the findings as they are, and a summary. Fields are only ever added.

use super::{Report, Severity};
use serde_json::{Value, json};

pub(super) fn document(report: &Report) -> Value {
    let fixed: Vec<Value> = report
        .fixed
        .iter()
        .map(|(rule, place)| json!({ "rule": rule, "place": place }))
        .collect();
    json!({
        "findings": report.findings,
        "fixed": fixed,
        "summary": {
            "zones": report.zones,
            "records": report.records,
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "notes": report.count(Severity::Note),
        },
    })
}
