//! Who answers, asked in class CHAOS (RFC 4892).

use rr::{Class, NameRef, Rtype};
use wire::{Composer, Ede, Flags, Owner, Question, ResponseCode, Rrset, Section};

use crate::answer::{Authority, Told};
use crate::config::Config;

/// What a name asks for.
type What = fn(&Config) -> Option<&str>;

/// The names that are known, in lower case.
const NAMES: [(&[u8], What); 4] = [
    (b"\x02id\x06server\0", |config| config.id.as_deref()),
    (b"\x08hostname\x04bind\0", |config| config.id.as_deref()),
    (b"\x07version\x06server\0", |config| {
        config.version.as_deref()
    }),
    (b"\x07version\x04bind\0", |config| config.version.as_deref()),
];

impl Authority {
    /// RFC 4892 §3.1: an operator may choose not to say; then, and for all other names, REFUSED.
    #[cold]
    pub(crate) fn chaos(&self, question: &Question<'_>, reply: &mut Composer<'_>) -> Told<'static> {
        let Some(text) = asked(question.name).and_then(|what| what(&self.config)) else {
            return Told::because(ResponseCode::Refused, Ede::PROHIBITED);
        };
        reply.set(Flags::AA);
        if matches!(question.rtype, Rtype::TXT | Rtype::ANY) && write_text(text, reply).is_err() {
            reply.truncate();
        }
        Told::new(ResponseCode::NoError)
    }
}

fn asked(name: NameRef<'_>) -> Option<What> {
    let known = |(known, _): &&(&[u8], What)| name.as_wire().eq_ignore_ascii_case(known);
    NAMES.iter().find(known).map(|(_, what)| *what)
}

/// One character string (RFC 1035 §3.3), TTL 0: nothing to be cached.
fn write_text(text: &str, reply: &mut Composer<'_>) -> Result<(), wire::Full> {
    let text = &text.as_bytes()[..text.len().min(255)];
    let mut data = [0; 256];
    data[0] = text.len() as u8;
    data[1..=text.len()].copy_from_slice(text);
    let rrset = Rrset {
        owner: Owner::Question,
        rtype: Rtype::TXT,
        class: Class::CH,
        ttl_secs: 0,
    };
    reply.rrset(Section::Answer, &rrset, [&data[..=text.len()]])
}
