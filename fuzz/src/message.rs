//! Messages: read in place as a query, and at leisure as anything.

use wire::message::{Ask, Message};
use wire::{Composer, Owner, Query, Rrset, Section};

/// Octets as a query and as a message; what was read is written and read again.
pub fn message(octets: &[u8]) {
    wire::fuzz_query(octets);
    if let Ok(query) = Query::parse(octets) {
        ask_again(&query);
    }
    if let Ok(message) = Message::read(octets) {
        write_again(&message);
    }
}

/// The question alone is a question still.
fn ask_again(query: &Query<'_>) {
    let Some(question) = query.question else {
        return;
    };
    let (name, rtype, class) = (question.name, question.rtype, question.class);
    let asked = Ask {
        id: query.id,
        flags: query.flags,
        name,
        rtype,
        class,
        edns: None,
    }
    .emit();
    assert_eq!(asked[12..], *question.octets);
}

/// Each record, written into a message of its own with its names compressed, is the same record.
fn write_again(message: &Message) {
    let mut out = vec![0; 65_535];
    for record in [&message.answer, &message.authority, &message.additional]
        .into_iter()
        .flatten()
    {
        let asked = wire::message::query(1, record.owner.as_ref(), record.data.rtype());
        let query = Query::parse(&asked).expect("a question about a name that was read");
        let mut composer = Composer::reply(&query, &mut out).expect("room for a question");
        let (rtype, class, ttl_secs) = (record.data.rtype(), record.class, record.ttl.as_secs());
        let data = record.data.to_wire();
        for owner in [Owner::Question, Owner::Name(record.owner.as_ref())] {
            let head = Rrset {
                owner,
                rtype,
                class,
                ttl_secs,
            };
            if composer
                .rrset(Section::Answer, &head, [&*data, &*data])
                .is_err()
            {
                return;
            }
        }
        let length = composer.finish();
        let again = Message::read(&out[..length]).expect("what is written is read");
        assert_eq!(again.answer, vec![record.clone(); 4]);
    }
}
