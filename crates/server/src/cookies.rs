//! The secrets of server cookies, and when they change (RFC 7873 §7.1, RFC 9018 §5).
//!
//! A server that stands alone makes its own secret and replaces it each day; the one before stays good for the day after,
//! and so for longer than any cookie. Servers that answer at one address share a file instead, and its owner decides.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use authority::{Authority, CookiePolicy, CookieSecret, Cookies};

use crate::config::{Config, Entropy};
use crate::failure::Failure;
use crate::secret_file::SecretFile;

/// RFC 7873 §7.1: at least each 26 days, and each day where it costs nothing. Cookies are good for an hour.
const PERIOD: Duration = Duration::from_secs(24 * 3600);

/// Where secrets come from.
pub(crate) enum Source {
    Own(Entropy),
    File(SecretFile),
}

impl Source {
    /// The file that the operator named, or else entropy.
    pub(crate) fn of(config: &Config, entropy: Entropy) -> Source {
        match &config.cookie_secret {
            Some(path) => Source::File(SecretFile(path.clone())),
            None => Source::Own(entropy),
        }
    }

    /// The secrets to begin with.
    pub(crate) fn first(&mut self) -> Result<Cookies, Failure> {
        match self {
            Source::Own(entropy) => Ok(cookies(entropy().map_err(Failure::system)?, None)),
            Source::File(file) => file.read().map(|(secret, other)| cookies(secret, other)),
        }
    }

    /// What takes the place of `before` at the end of the period; nothing if it is for others to decide.
    fn next(&mut self, before: &Cookies) -> Option<Cookies> {
        let Source::Own(entropy) = self else {
            return None;
        };
        match entropy() {
            Ok(secret) => Some(Cookies {
                previous: Some(before.secret.clone()),
                ..cookies(secret, None)
            }),
            Err(why) => {
                tracing::error!(error = %why, "no entropy for a new cookie secret; the old one stays");
                None
            }
        }
    }

    /// What the file says now; nothing if there is none, or it is of no use.
    fn again(&mut self) -> Option<Cookies> {
        let Source::File(file) = self else {
            return None;
        };
        match file.read() {
            Ok((secret, other)) => {
                tracing::info!("the cookie secret was read again");
                Some(cookies(secret, other))
            }
            Err(why) => {
                tracing::error!(error = %why, "the cookie secret stays as it was");
                None
            }
        }
    }
}

fn cookies(secret: [u8; 16], other: Option<[u8; 16]>) -> Cookies {
    Cookies {
        secret: CookieSecret::new(secret),
        previous: other.map(CookieSecret::new),
        policy: CookiePolicy::Offer,
    }
}

/// The engine that all threads answer with, and all of it but the cookies.
pub(crate) struct Mint {
    pub(crate) authority: Arc<ArcSwap<Authority>>,
    pub(crate) config: authority::Config,
}

impl Mint {
    /// An engine that speaks these cookies.
    pub(crate) fn new(config: authority::Config, cookies: Cookies) -> Mint {
        let config = authority::Config {
            cookies: Some(cookies),
            ..config
        };
        Mint {
            authority: Arc::new(ArcSwap::from_pointee(Authority::new(config.clone()))),
            config,
        }
    }

    fn put(&mut self, cookies: Option<Cookies>) {
        if let Some(cookies) = cookies {
            self.config.cookies = Some(cookies);
            let authority = Authority::new(self.config.clone());
            self.authority.store(Arc::new(authority));
        }
    }

    fn rotate(&mut self, source: &mut Source) {
        let next = self
            .config
            .cookies
            .as_ref()
            .and_then(|now| source.next(now));
        self.put(next);
    }
}

/// The thread that replaces secrets. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Rotation {
    again: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Rotation {
    pub(crate) fn start(mint: Mint, source: Source) -> Rotation {
        Rotation::each(PERIOD, mint, source)
    }

    fn each(period: Duration, mint: Mint, source: Source) -> Rotation {
        let (again, orders) = channel();
        let thread = thread::Builder::new()
            .name("cookies".into())
            .spawn(move || rotate(period, mint, source, &orders))
            .expect("a program that cannot start one thread cannot serve");
        Rotation {
            again: Some(again),
            thread: Some(thread),
        }
    }

    /// Has the file read again.
    pub(crate) fn read_again(&self) {
        if let Some(again) = &self.again {
            // The thread ends only when this goes away.
            let _ = again.send(());
        }
    }
}

fn rotate(period: Duration, mut mint: Mint, mut source: Source, orders: &Receiver<()>) {
    let mut next = Instant::now() + period;
    loop {
        match orders.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(()) => mint.put(source.again()),
            Err(RecvTimeoutError::Timeout) => {
                mint.rotate(&mut source);
                next += period;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Drop for Rotation {
    fn drop(&mut self) {
        self.again = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authority::{Request, Transport};
    use zone::{HashKey, Revision, Zones};

    /// The server cookie in an answer, and whether the one that was sent is good: else BADCOOKIE comes.
    fn ask(authority: &Authority, server_cookie: &[u8]) -> (Vec<u8>, bool) {
        let cookie = [b"clientck", server_cookie].concat();
        let mut message = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 6, 0, 1];
        message.extend([
            0,
            0,
            41,
            4,
            208,
            0,
            0,
            0,
            0,
            0,
            cookie.len() as u8 + 4,
            0,
            10,
        ]);
        message.extend([0, cookie.len() as u8]);
        message.extend(cookie);
        let zones = Zones::new(HashKey::new([1, 2]), Revision::new("none"));
        let request = Request {
            message: &message,
            transport: Transport::Udp,
            client: [192, 0, 2, 1].into(),
            now: Duration::from_secs(1_800_000_000),
        };
        let mut out = [0; 1232];
        let length = authority
            .answer(&zones, request, &mut out)
            .expect("answered");
        let at = out[..length]
            .windows(8)
            .position(|octets| octets == b"clientck")
            .expect("a cookie");
        // REFUSED, or the low half of BADCOOKIE (23).
        (out[at + 8..at + 24].to_vec(), out[3] & 15 == 5)
    }

    fn mint(source: &mut Source) -> Mint {
        let mut cookies = source.first().expect("secrets");
        cookies.policy = CookiePolicy::Require;
        Mint::new(authority::Config::default(), cookies)
    }

    fn counting() -> Source {
        let mut count = 0;
        Source::Own(Box::new(move || {
            count += 1;
            Ok([count; 16])
        }))
    }

    /// RFC 9018 §5: a cookie is good with the secret it was made with and with the next, and no longer.
    #[test]
    fn a_secret_is_good_for_two_periods() {
        let mut source = counting();
        let mut mint = mint(&mut source);
        let roll = |mint: &mut Mint, source: &mut Source| {
            let mut next = source.next(mint.config.cookies.as_ref().expect("some"));
            next.as_mut().expect("a new one").policy = CookiePolicy::Require;
            mint.put(next);
        };
        let (old, was_good) = ask(&mint.authority.load(), &[]);
        assert!(!was_good, "a client cookie alone");
        roll(&mut mint, &mut source);
        let (young, is_good) = ask(&mint.authority.load(), &old);
        assert!(is_good, "the secret before");
        assert_eq!(young, old, "it is young, so it stays");
        let (new, _) = ask(&mint.authority.load(), &[]);
        assert_ne!(new, old, "new ones are of the new secret");
        roll(&mut mint, &mut source);
        assert!(!ask(&mint.authority.load(), &old).1);
        assert!(ask(&mint.authority.load(), &new).1);
    }

    #[test]
    fn the_thread_rotates_by_itself_and_ends() {
        let mut source = counting();
        let mint = mint(&mut source);
        let authority = Arc::clone(&mint.authority);
        let first = ask(&authority.load(), &[]).0;
        let rotation = Rotation::each(Duration::from_millis(5), mint, source);
        let start = Instant::now();
        while ask(&authority.load(), &[]).0 == first {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "it does not rotate"
            );
            thread::sleep(Duration::from_millis(1));
        }
        drop(rotation);
        let last = ask(&authority.load(), &[]).0;
        thread::sleep(Duration::from_millis(20));
        assert_eq!(ask(&authority.load(), &[]).0, last);
    }

    #[test]
    fn without_entropy_the_secret_stays() {
        let mut source = Source::Own(Box::new(|| Err(std::io::Error::other("none"))));
        assert!(source.first().is_err());
        assert!(source.next(&cookies([1; 16], None)).is_none());
    }
}
