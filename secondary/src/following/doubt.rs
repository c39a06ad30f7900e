//! Why a primary is not believed, or does not believe us.

use replication::Doubt;
use tsig::{AnswerError, Key, StreamError, Time, TsigError};

/// What is wrong with the signature of an answer that came at this time.
pub(super) fn of_answer(error: &AnswerError, now: Time) -> Doubt {
    let ahead_of_ours = |theirs: Time| Doubt::Clocks {
        ahead_secs: i64::try_from(theirs.secs())
            .ok()
            .and_then(|theirs| theirs.checked_sub_unsigned(now.secs())),
    };
    match *error {
        AnswerError::Hint(TsigError::BadKey) => Doubt::UnknownKey,
        AnswerError::Hint(TsigError::BadSig) => Doubt::OtherSecret,
        AnswerError::Hint(TsigError::BadTime) => Doubt::Clocks { ahead_secs: None },
        AnswerError::BadTime { signed, .. } => ahead_of_ours(signed),
        AnswerError::ServerTime(theirs) => ahead_of_ours(theirs),
        AnswerError::Hint(TsigError::BadTrunc)
        | AnswerError::BadTrunc
        | AnswerError::ServerWantsMore => Doubt::MacLength,
        AnswerError::Unsigned => Doubt::Unsigned,
        AnswerError::OtherKey => Doubt::OtherKey,
        AnswerError::Malformed(_)
        | AnswerError::OtherId
        | AnswerError::BadSig
        | AnswerError::ServerError(_) => Doubt::Signature,
    }
}

/// The same for one of the messages of a transfer.
pub(super) fn of_stream(error: &StreamError, now: Time) -> Doubt {
    match error {
        StreamError::Answer(error) => of_answer(error, now),
        _ => Doubt::Signature,
    }
}

/// What an operator may do about it.
pub(super) fn next_step(doubt: Doubt, key: Option<&Key>) -> String {
    let name = key.map_or_else(String::new, |key| key.name().to_string());
    match doubt {
        Doubt::Certificate => "compare it with what tls= and --primary-ca say".to_owned(),
        Doubt::UnknownKey => {
            format!("compare the name {name} and the algorithm with the keys that it has")
        }
        Doubt::OtherSecret => format!("compare the secret of {name}, here and there"),
        Doubt::Clocks { .. } => {
            "set the one that is wrong; date -u tells, here and there".to_owned()
        }
        Doubt::MacLength => format!("agree on mac-octets= of {name}"),
        Doubt::Unsigned => format!("see that it knows {name}"),
        Doubt::OtherKey => format!("have it answer with {name}"),
        Doubt::Signature => {
            format!("look whether transfers= of {name} says what it speaks, and what is between us")
        }
    }
}
