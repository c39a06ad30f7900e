//! What servers tell each other about versions of zones: NOTIFY, and answers to questions for SOA records.

use replication::message::{
    SoaAnswer, answer_code, is_answer, notify, notify_answer, read_notify, read_soa,
};
use rr::Name;
use wire::ResponseCode;

/// See [`crate::TARGETS`].
///
/// # Panics
/// When the answer to a NOTIFY is none to it, a message answers itself, or a version is taken from who has no authority.
pub fn notified(octets: &[u8]) {
    assert!(!is_answer(octets, octets), "a message that answers itself");
    if let Ok(notified) = read_notify(octets) {
        // None to a question whose name points into the header, which no server that parses queries lets in.
        if let Some(answer) = notify_answer(octets, ResponseCode::NoError) {
            assert_eq!(answer_code(octets, &answer), Some(ResponseCode::NoError));
            assert!(read_notify(&answer).is_err(), "an answer that is a NOTIFY");
        }
        let again = read_notify(&notify(1, notified.zone.as_ref(), None)).expect("as we say it");
        assert_eq!(again.zone, notified.zone);
    }
    let zone = Name::from_text("example.org").expect("a name");
    if let SoaAnswer::Heard(_) = read_soa(octets, zone.as_ref()) {
        assert_eq!(octets[2] & 0x06, 0x04, "AA, and not TC");
        assert_eq!(octets[3] & 0x0F, 0, "no error");
    }
}
