//! A request that may be planned.

use rr::{Name, NameRef};
use tsig::{Fresh, KeyName};

use crate::message::Message;
use crate::refusal::Refusal;

/// An update whose signature is good and which was not seen before: only such a request can become one.
///
/// It owns all it says, so it can wait in a queue, and can be planned again when the zone has changed in between.
#[derive(Clone, Debug)]
pub struct Update {
    message: Message,
    key: Name,
    key_name: Option<KeyName>,
}

impl Update {
    /// Reads the request.
    ///
    /// # Errors
    /// FORMERR or NOTZONE, with the place, as [`Message::parse`].
    pub fn read(fresh: &Fresh<'_>) -> Result<Update, Refusal> {
        let request = fresh.verified();
        Ok(Update {
            message: Message::parse(request.message())?,
            key: request.key().name().to_owned(),
            key_name: request.key().rights().cloned(),
        })
    }

    /// What it says.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The zone to be changed.
    #[must_use]
    pub fn zone(&self) -> NameRef<'_> {
        self.message.zone.as_ref()
    }

    /// The name of the key it is signed with.
    #[must_use]
    pub fn key(&self) -> &Name {
        &self.key
    }

    pub(crate) fn key_name(&self) -> Option<&KeyName> {
        self.key_name.as_ref()
    }
}
