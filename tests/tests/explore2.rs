#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic is its output"
)]
use tests::zone_text::*;
#[test]
fn explore2() {
    let t = std::fs::read_to_string("zone-text/cases.txt").unwrap();
    for c in Case::read_all(&t) {
        let f = c.to_folder();
        let b = bind(f.path());
        let k = knot(f.path());
        let crlf = bind(c.with_crlf().to_folder().path());
        let cut = bind(c.without_last_line_end().to_folder().path());
        let r = |v: &Verdict| {
            v.records
                .as_ref()
                .map_or("-".to_owned(), |r| r.len().to_string())
        };
        println!(
            "{:40} bind {:4} knot {} crlf {} cut {} {}",
            c.name,
            r(&b),
            if k.records.is_some() { "ok" } else { "-" },
            crlf.records == b.records,
            cut.records == b.records,
            if b.records.is_none() != k.records.is_none() {
                format!("\n   B {}\n   K {}", b.said.trim(), k.said.trim())
            } else {
                String::new()
            }
        );
    }
}
