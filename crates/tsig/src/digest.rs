//! What a MAC is computed over (RFC 8945 §4.3).

use rr::NameRef;
use wire::HEADER_LEN;

use crate::mac::{Context, Mac};
use crate::record::{Fields, length_16};

/// What of the TSIG record goes into the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// RFC 8945 §4.3.3: everything but MAC and original identity.
    Variables,
    /// RFC 8945 §5.3.1: the times only, from the second signature of a stream on.
    Timers,
}

impl Context {
    /// The MAC that came before: of the request, or of the last signed message of a stream (RFC 8945 §4.3.1, §5.3.1). Its
    /// octets are those that were sent, so a MAC that was cut off goes in as it is.
    pub(crate) fn prior(&mut self, mac: &Mac) {
        self.update(&length_16(mac.octets().len()));
        self.update(mac.octets());
    }

    /// A message that has a header, without its TSIG record, as it was before it was signed (RFC 8945 §4.3.2): `original_id`
    /// in the place of the identity, and `additional_count` records in the additional section.
    pub(crate) fn message(&mut self, message: &[u8], original_id: u16, additional_count: u16) {
        self.update(&original_id.to_be_bytes());
        self.update(&message[2..10]);
        self.update(&additional_count.to_be_bytes());
        self.update(&message[HEADER_LEN..]);
    }

    /// The part of the record that is signed. `key_name` is in lower case.
    pub(crate) fn record(
        &mut self,
        coverage: Coverage,
        key_name: NameRef<'_>,
        fields: &Fields<'_>,
    ) {
        match coverage {
            Coverage::Variables => self.variables(key_name, fields),
            Coverage::Timers => self.timers(fields),
        }
    }

    fn variables(&mut self, key_name: NameRef<'_>, fields: &Fields<'_>) {
        self.update(key_name.as_wire());
        // CLASS is ANY, TTL is 0: what has others is not read.
        self.update(&[0, 255, 0, 0, 0, 0]);
        // RFC 8945 §4.3.3: the algorithm in canonical form, too.
        self.update(fields.algorithm.to_lowercase().as_wire());
        self.timers(fields);
        self.update(&fields.error.to_be_bytes());
        self.update(&length_16(fields.other.len()));
        self.update(fields.other);
    }

    fn timers(&mut self, fields: &Fields<'_>) {
        self.update(&fields.time.octets());
        self.update(&fields.fudge_secs.to_be_bytes());
    }
}
