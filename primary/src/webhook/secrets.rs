//! The secrets that a forge may sign with: those of a file, one in a line, which is read again while the server runs.
//!
//! There are two while one is replaced: the new one is added, the forge gets it, and the old one is taken out.

use std::path::{Path, PathBuf};

use arc_swap::ArcSwap;

use super::message::Head;
use super::proof::{Doubt, Genuine, Secret};

/// Secrets that are good at once.
const MOST: usize = 2;

/// The secrets that are good now.
pub(super) struct Secrets {
    path: PathBuf,
    good: ArcSwap<Vec<Secret>>,
}

impl Secrets {
    /// Reads the file. The error says why it is of no use, and never what it says.
    pub(super) fn open(path: &Path) -> Result<Secrets, String> {
        Ok(Secrets {
            path: path.to_owned(),
            good: ArcSwap::from_pointee(read(path)?),
        })
    }

    /// Takes on what the file says now. If it is of no use, the secrets stay as they were.
    pub(super) fn read_again(&self) {
        let path = self.path.display();
        match read(&self.path) {
            Ok(secrets) => {
                tracing::info!(secrets = secrets.len(), %path, "the secrets of the webhook were read again");
                self.good.store(secrets.into());
            }
            Err(why) => {
                tracing::error!(error = why, %path, "the secrets of the webhook stay as they were");
            }
        }
    }

    /// Whether the request is from who knows one of them.
    pub(super) fn prove<'r>(
        &self,
        head: &Head,
        body: &'r [u8],
        now_secs: u64,
    ) -> Result<Genuine<'r>, Doubt> {
        let mut told = Doubt::Unsigned;
        for secret in self.good.load().iter() {
            match secret.prove(head, body, now_secs) {
                // What only was made too long ago was made with this secret: that is what there is to be said.
                Err(doubt) if told != Doubt::Old => told = doubt,
                Err(_) => {}
                genuine => return genuine,
            }
        }
        Err(told)
    }
}

fn read(path: &Path) -> Result<Vec<Secret>, String> {
    parse(&server::read_secret_text(
        path,
        "the secrets of the webhook",
    )?)
}

/// What is white around a secret does not belong to it.
fn parse(text: &[u8]) -> Result<Vec<Secret>, String> {
    let secrets: Vec<Secret> = text
        .split(|octet| *octet == b'\n')
        .filter_map(Secret::of)
        .collect();
    match secrets.len() {
        0 => Err("there is none in it".into()),
        1..=MOST => Ok(secrets),
        more => Err(format!(
            "there are {more} in it, one in a line, and {MOST} are the most"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Whether a token is believed.
    fn proof(secrets: &Secrets, token: &str) -> Result<(), Doubt> {
        let head =
            format!("POST / HTTP/1.1\r\nContent-Length: 2\r\nX-Gitlab-Token: {token}\r\n\r\n");
        let head = Head::parse(head.as_bytes()).expect("a head");
        secrets.prove(&head, b"{}", 0).map(drop)
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn a_secret_is_replaced_without_a_gap() {
        let file = file("the old one\n");
        let secrets = Secrets::open(file.path()).expect("good");
        let good = |token: &str| proof(&secrets, token).is_ok();
        assert!(good("the old one") && !good("the new one"));
        let write = |text: &str| {
            fs::write(file.path(), text).expect("written");
            secrets.read_again();
        };
        write("the new one\n\n  the old one\r\n");
        assert!(good("the old one") && good("the new one"));
        assert_eq!(
            proof(&secrets, "the old one the new one"),
            Err(Doubt::Wrong("X-Gitlab-Token"))
        );
        for nonsense in ["", "\n \n", "a\nb\nc", &"x".repeat(5000)] {
            write(nonsense);
            assert!(
                good("the old one") && good("the new one"),
                "{nonsense:.20?}"
            );
        }
        write("the new one");
        assert!(!good("the old one") && good("the new one"));
        fs::remove_file(file.path()).expect("removed");
        secrets.read_again();
        assert!(good("the new one"));
    }

    #[test]
    fn one_or_two_in_a_file_and_none_is_told() {
        for (text, wanted) in [
            ("a secret", Ok(1)),
            ("# not a comment\nanother", Ok(2)),
            ("first\nsecond\n\n", Ok(2)),
            ("\n", Err("none in it")),
            ("first\nsecond\nthird", Err("there are 3 in it")),
        ] {
            match (parse(text.as_bytes()), wanted) {
                (Ok(secrets), Ok(count)) => assert_eq!(secrets.len(), count, "{text}"),
                (Err(why), Err(words)) => {
                    assert!(why.contains(words) && !why.contains("third"), "{why}");
                }
                (other, _) => panic!("{text}: {:?}", other.map(|it| it.len())),
            }
        }
    }

    #[test]
    fn what_is_old_is_told_before_what_is_wrong() {
        let file = file("whsec_YQ==\nanother");
        let secrets = Secrets::open(file.path()).expect("good");
        // HMAC-SHA256 of "1.1000.{}" with the secret "a".
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"a");
        let tag = ring::hmac::sign(&key, b"1.1000.{}");
        let tag = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, tag);
        let head = format!(
            "POST / HTTP/1.1\r\nContent-Length: 2\r\nwebhook-id: 1\r\nwebhook-timestamp: 1000\r\nwebhook-signature: v1,{tag}\r\n\r\n"
        );
        let head = Head::parse(head.as_bytes()).expect("a head");
        let prove = |now| secrets.prove(&head, b"{}", now).map(drop);
        assert_eq!(prove(1300), Ok(()));
        assert_eq!(prove(1301), Err(Doubt::Old));
    }
}
