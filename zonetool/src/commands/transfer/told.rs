//! What came, for people and programs.

use crate::client::{Fetched, How};
use crate::report::counted;
use serde_json::{Value, json};
use transfer::zonemd::Verification;

/// `example.org: serial 5, 7 records in 1 message, signed`
pub(super) fn line(fetched: &Fetched) -> String {
    let Fetched {
        zone,
        how,
        messages,
        signed,
        ..
    } = fetched;
    let serial = zone.serial().map_or(0, |serial| serial.0);
    let what = match how {
        How::Whole(_) => counted(zone.record_count(), "record"),
        How::Changes(_, versions, records) => format!(
            "{} that come or go in {}",
            counted(*records, "record"),
            counted(*versions, "step")
        ),
        How::Nothing => "nothing newer".to_owned(),
    };
    let messages = counted(usize::try_from(*messages).unwrap_or(usize::MAX), "message");
    let signed = if *signed { ", signed" } else { "" };
    let digest = match how {
        How::Whole(Verification::Verified(_)) | How::Changes(Verification::Verified(_), ..) => {
            ", its digest is right"
        }
        _ => "",
    };
    let apex = zone.apex();
    format!("{apex}: serial {serial}, {what} in {messages}{signed}{digest}")
}

/// Fields are only ever added.
pub(super) fn to_json(fetched: &Fetched, text: Option<&str>) -> Value {
    let (how, changed) = match fetched.how {
        How::Whole(_) => ("whole", None),
        How::Changes(_, _, records) => ("changes", Some(records)),
        How::Nothing => ("nothing", Some(0)),
    };
    let mut value = json!({
        "zone": fetched.zone.apex().to_string(),
        "serial": fetched.zone.serial().map(|serial| serial.0),
        "records": fetched.zone.record_count(),
        "sent": how,
        "changed": changed,
        "messages": fetched.messages,
        "octets": fetched.octets,
        "signed": fetched.signed,
    });
    if let Some(text) = text {
        value["text"] = text.into();
    }
    value
}
