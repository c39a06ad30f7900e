//! The editor that leaves every other octet alone.

use rr::{Class, Name, Rtype, Ttl};
use zonefile::{EditError, Editor, NoSources, RecordRef, Start};

use crate::reading::{Row, read};

/// Three octets say what to change, the rest is the zone.
pub fn editor(octets: &[u8]) {
    let Some(([what, which, value], text)) = octets.split_first_chunk() else {
        return;
    };
    let apex = Name::from_text("example").expect("it is a name");
    let Ok(mut editor) = Editor::new(Start::of_zone(apex.as_ref()), "zone", text, &mut NoSources)
    else {
        return;
    };
    let before = read(apex.as_ref(), text);
    if !before.errors.is_empty() || before.rows.is_empty() {
        return;
    }
    let row = &before.rows[usize::from(*which) % before.rows.len()];
    let mut expected = before.rows.clone();
    let added = Row {
        rdata: vec![1, *value],
        rtype: 65_280,
        ..row.clone()
    };
    let outcome = match what % 3 {
        0 => {
            expected.retain(|other| !same(other, row));
            editor.remove(record(row))
        }
        1 => {
            expected.push(added.clone());
            editor.add(record(&added), Ttl::from_secs(added.ttl))
        }
        _ => {
            let rdata = added.rdata;
            expected.retain(|other| !same(other, row));
            expected.push(Row {
                rdata: rdata.clone(),
                ..row.clone()
            });
            editor.replace(record(row), &rdata)
        }
    };
    match outcome {
        Ok(()) => changed(&apex, editor.text(), expected),
        Err(error) => refused(&error, editor.text(), text),
    }
}

fn record(row: &Row) -> RecordRef<'_> {
    RecordRef {
        owner: row.owner.as_ref(),
        class: Class(row.class),
        rtype: Rtype(row.rtype),
        rdata: &row.rdata,
    }
}

/// The same but for the TTL.
fn same(a: &Row, b: &Row) -> bool {
    (&a.owner, a.class, a.rtype, &a.rdata) == (&b.owner, b.class, b.rtype, &b.rdata)
}

fn changed(apex: &Name, text: &[u8], mut expected: Vec<Row>) {
    let shown = || text.escape_ascii().to_string();
    let mut after = read(apex.as_ref(), text);
    assert!(after.errors.is_empty(), "{:?} in {}", after.errors, shown());
    expected.sort();
    after.rows.sort();
    assert_eq!(after.rows, expected, "{}", shown());
}

fn refused(error: &EditError, now: &[u8], before: &[u8]) {
    assert!(now == before, "{error}: the text is as before");
}
