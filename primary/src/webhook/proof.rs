//! Whether a request is from who knows the secret.
//!
//! | header | who sends it | what it is |
//! |---|---|---|
//! | `X-Hub-Signature-256` | GitHub, and others that do as it does | `sha256=` and HMAC-SHA256 of the body, in hexadecimal |
//! | `X-Gitea-Signature`, `X-Forgejo-Signature` | Gitea, Forgejo | the same without `sha256=` |
//! | `webhook-signature` | GitLab, and others by Standard Webhooks | `v1,` and HMAC-SHA256 of `webhook-id`, `webhook-timestamp` and body, in base64 |
//! | `X-Gitlab-Token` | GitLab | the secret itself |
//!
//! One of them has to be there, and all that are there have to be right. Only `webhook-signature` says when it was made; to
//! replay another one has the repository looked at once more, and no more than that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::Zeroizing;

use super::message::Head;

/// Seconds that `webhook-timestamp` may be off, as Standard Webhooks has it.
const TOLERANCE_SECS: u64 = 300;
/// What a secret begins with that is base64, by Standard Webhooks.
const PREFIX: &str = "whsec_";

/// What forge and server share.
pub(super) struct Secret {
    text: Zeroizing<Vec<u8>>,
    key: hmac::Key,
    /// By Standard Webhooks a secret is base64; one that is not is taken as it is.
    decoded: hmac::Key,
}

/// The body of a request whose sender knows the secret.
pub(super) struct Genuine<'r>(pub(super) &'r [u8]);

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// There is no signature, and no token.
    Unsigned,
    /// This header is not what it would be with the secret.
    Wrong(&'static str),
    /// It was made too long ago, or by a clock that is off.
    Old,
}

/// A header, and whether what it says is right.
type Proof<'p> = (&'static str, &'p dyn Fn(&str) -> bool);

impl Secret {
    /// From the text of a file; what is white at its ends does not belong to it. `None` if nothing is left.
    pub(super) fn of(text: &[u8]) -> Option<Secret> {
        let text = text.trim_ascii();
        let coded = text.strip_prefix(PREFIX.as_bytes()).unwrap_or(text);
        let decoded = STANDARD.decode(coded).map(Zeroizing::new);
        let key = |octets: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, octets);
        (!text.is_empty()).then(|| Secret {
            key: key(text),
            decoded: decoded.map_or_else(|_| key(coded), |octets| key(&octets)),
            text: Zeroizing::new(text.to_vec()),
        })
    }

    /// Looks at all proofs that the request has. Times do not depend on how much of one is right.
    pub(super) fn prove<'r>(
        &self,
        head: &Head,
        body: &'r [u8],
        now_secs: u64,
    ) -> Result<Genuine<'r>, Doubt> {
        let hub = |said: &str| {
            let digits = said.strip_prefix("sha256=");
            digits.is_some_and(|digits| self.is_tag(digits, body))
        };
        let plain = |said: &str| self.is_tag(said, body);
        let token = |said: &str| self.is_token(said.as_bytes());
        let standard = |said: &str| self.is_one_of(said, head, body);
        let proofs: [Proof<'_>; 5] = [
            ("X-Hub-Signature-256", &hub),
            ("X-Forgejo-Signature", &plain),
            ("X-Gitea-Signature", &plain),
            ("webhook-signature", &standard),
            ("X-Gitlab-Token", &token),
        ];
        let mut doubt = Some(Doubt::Unsigned);
        for (name, is_right) in proofs {
            match head.field(name).map(is_right) {
                Some(false) => return Err(Doubt::Wrong(name)),
                Some(true) => doubt = None,
                None => {}
            }
        }
        if head.field("webhook-signature").is_some() && !is_fresh(head, now_secs) {
            return Err(Doubt::Old);
        }
        doubt.map_or(Ok(Genuine(body)), Err)
    }

    fn is_tag(&self, digits: &str, body: &[u8]) -> bool {
        let tag = octets_of(digits).unwrap_or_default();
        hmac::verify(&self.key, body, &tag).is_ok()
    }

    /// By what both come to with a key, so that neither length nor beginning of the secret can be measured.
    fn is_token(&self, said: &[u8]) -> bool {
        let tag = hmac::sign(&self.key, said);
        hmac::verify(&self.key, &self.text, tag.as_ref()).is_ok()
    }

    /// Several may stand behind each other, with spaces between them, while a secret is replaced.
    fn is_one_of(&self, said: &str, head: &Head, body: &[u8]) -> bool {
        let field = |name| head.field(name).unwrap_or_default();
        let (id, time) = (field("webhook-id"), field("webhook-timestamp"));
        let signed = [format!("{id}.{time}.").as_bytes(), body].concat();
        said.split(' ').any(|one| {
            let tag = one.strip_prefix("v1,");
            let tag = tag.and_then(|tag| STANDARD.decode(tag).ok());
            hmac::verify(&self.decoded, &signed, &tag.unwrap_or_default()).is_ok()
        })
    }
}

fn is_fresh(head: &Head, now_secs: u64) -> bool {
    let made = head.field("webhook-timestamp");
    let made = made.and_then(|text| text.parse::<u64>().ok());
    made.is_some_and(|made| made.abs_diff(now_secs) <= TOLERANCE_SECS)
}

fn octets_of(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = digits
        .chars()
        .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

impl Doubt {
    /// For who has set the forge up.
    pub(super) fn words(self) -> String {
        match self {
            Doubt::Unsigned => {
                "there is no signature: give the forge the secret of --webhook-secret\n".into()
            }
            Doubt::Wrong(name) => {
                format!("{name} is not right: has the forge the secret of --webhook-secret?\n")
            }
            Doubt::Old => "webhook-timestamp is more than five minutes off\n".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_614_265_400;

    fn prove(secret: &str, fields: &str, body: &str) -> Result<(), Doubt> {
        let text = format!(
            "POST / HTTP/1.1\r\n{fields}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let head = Head::parse(text.as_bytes()).expect("a head");
        let secret = Secret::of(secret.as_bytes()).expect("a secret");
        secret
            .prove(&head, body.as_bytes(), NOW)
            .map(|Genuine(proved)| {
                assert_eq!(proved, body.as_bytes());
            })
    }

    /// The example of GitHub's documentation, and the same digits in the headers of others.
    #[test]
    fn signatures_of_the_body() {
        let (secret, body) = ("It's a Secret to Everybody", "Hello, World!");
        let digits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let hub = format!("X-Hub-Signature-256: sha256={digits}\r\n");
        let gitea = format!("X-Gitea-Signature: {digits}\r\n");
        let forgejo = format!("x-forgejo-signature: {digits}\r\n");
        for fields in [&hub, &gitea, &forgejo, &format!("{hub}{gitea}{forgejo}")] {
            assert_eq!(prove(secret, fields, body), Ok(()), "{fields}");
            assert_eq!(
                prove(&format!("{secret}\n"), fields, body),
                Ok(()),
                "the end of a line"
            );
            assert!(prove(secret, fields, "Hello, World?").is_err());
            assert!(prove("another", fields, body).is_err());
            assert!(prove(secret, &fields.replace("3e17", "3e18"), body).is_err());
            assert!(prove(secret, &fields.replace("3e17", "3e"), body).is_err());
        }
        assert_eq!(prove(secret, "", body), Err(Doubt::Unsigned));
        assert_eq!(
            prove(secret, "X-Hub-Signature: sha1=00\r\n", body),
            Err(Doubt::Unsigned)
        );
        // One that is right does not make up for one that is not.
        let both = format!("{hub}{}", gitea.replace("7571", "7572"));
        assert_eq!(
            prove(secret, &both, body),
            Err(Doubt::Wrong("X-Gitea-Signature"))
        );
    }

    #[test]
    fn tokens() {
        let token = |said: &str| prove("a secret", &format!("X-Gitlab-Token: {said}\r\n"), "{}");
        assert_eq!(token("a secret"), Ok(()));
        for wrong in ["", "a", "a secre", "a secret too", "A secret"] {
            assert_eq!(token(wrong), Err(Doubt::Wrong("X-Gitlab-Token")), "{wrong}");
        }
    }

    /// The example of the specification of Standard Webhooks.
    #[test]
    fn standard_webhooks() {
        let (secret, body) = (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "{\"test\": 2432232314}",
        );
        let tag = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let fields = |tag: &str, time: u64| {
            format!(
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\nwebhook-timestamp: {time}\r\nwebhook-signature: {tag}\r\n"
            )
        };
        let made = 1_614_265_330;
        for tag in [tag, &format!("v1,AAAA v1a,x {tag}")] {
            assert_eq!(prove(secret, &fields(tag, made), body), Ok(()), "{tag}");
        }
        let wrong = Err(Doubt::Wrong("webhook-signature"));
        assert_eq!(prove(secret, &fields(tag, made + 1), body), wrong);
        assert_eq!(prove(secret, &fields(tag, made), "{}"), wrong);
        assert_eq!(prove("whsec_AAAA", &fields(tag, made), body), wrong);
    }

    /// Signed by the secret `a`, as hmac does it, an hour ago.
    #[test]
    fn what_was_made_long_ago_is_refused() {
        let secret = Secret::of(b"whsec_YQ==").expect("a secret");
        for (made, wanted) in [
            (NOW - 300, true),
            (NOW + 300, true),
            (NOW - 301, false),
            (NOW + 301, false),
        ] {
            let signed = format!("1.{made}.{{}}");
            let tag = STANDARD.encode(hmac::sign(&secret.decoded, signed.as_bytes()));
            let fields = format!(
                "webhook-id: 1\r\nwebhook-timestamp: {made}\r\nwebhook-signature: v1,{tag}\r\n"
            );
            let wanted = if wanted { Ok(()) } else { Err(Doubt::Old) };
            assert_eq!(prove("whsec_YQ==", &fields, "{}"), wanted);
        }
    }
}
