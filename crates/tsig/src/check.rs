//! The one way in which a signature is found to be good (RFC 8945 §5.2), for requests, answers and streams.

use crate::digest::Coverage;
use crate::key::Key;
use crate::mac::{Context, Mac};
use crate::record::{Found, additional_count};
use crate::time::Time;

/// What has been found to be wrong, in the order in which it is looked for.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// A length that its algorithm does not allow (RFC 8945 §5.2.2.1).
    MacLength,
    /// Another MAC than the secret gives (§5.2.2).
    Mac,
    /// Signed too early or too late (§5.2.3), with this MAC, which is good.
    Time(Mac),
    /// Cut off more than was agreed (§5.2.4): this MAC, which is good.
    Truncated(Mac),
}

/// Looks at the signature of a message with a context that has seen what comes before the message.
///
/// The MAC comes first: before it nothing in the message is believed, so that who has no secret learns nothing of clocks and
/// policies. Only its length is looked at earlier, which the sender knows.
///
/// # Errors
/// The first flaw.
pub(crate) fn check(
    key: &Key,
    mut context: Context,
    coverage: Coverage,
    message: &[u8],
    found: &Found<'_>,
    now: Time,
) -> Result<Mac, Flaw> {
    let fields = &found.fields;
    let lengths = key.algorithm().least_octets()..=key.algorithm().output_octets();
    let received = Mac::received(fields.mac).filter(|mac| lengths.contains(&mac.octets().len()));
    let Some(received) = received else {
        return Err(Flaw::MacLength);
    };
    context.message(
        &message[..found.at],
        fields.original_id,
        additional_count(message) - 1,
    );
    context.record(coverage, key.name(), fields);
    if !context.finish().agrees_with(fields.mac) {
        return Err(Flaw::Mac);
    }
    // RFC 8945 §5.2.3. Of two fudges the smaller counts: what the sender allows is no reason to believe it for longer.
    if !fields
        .time
        .is_within(key.effective_fudge_secs(fields.fudge_secs), now)
    {
        return Err(Flaw::Time(received));
    }
    if received.octets().len() < key.mac_octets() {
        return Err(Flaw::Truncated(received));
    }
    Ok(received)
}
