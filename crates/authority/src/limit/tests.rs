//! Accounts against a virtual clock.

use super::*;
use alloc::format;
use alloc::vec::Vec;
use proptest::prelude::*;

const SECRET: [u64; 2] = [0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3211];
const START: Duration = Duration::from_secs(1_800_000_000);

fn limiter(rate: u32, slip: u8) -> Limiter {
    let limit = RateLimit {
        rate,
        slip,
        exempt: ["198.51.100.0/24".parse().unwrap()].into(),
    };
    Limiter::new(&limit, SECRET)
}

fn account(class: Class, name: &[u8]) -> Account<'_> {
    Account { class, name }
}

fn client(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// How many of `count` responses at once are sent, truncated and dropped.
fn burst(
    limiter: &Limiter,
    who: &str,
    account: Account<'_>,
    (at, count): (Duration, u32),
) -> [u32; 3] {
    let mut fates = [0; 3];
    for _ in 0..count {
        fates[limiter.judge(START + at, client(who), account) as usize] += 1;
    }
    fates
}

const WWW: Account<'static> = Account {
    class: Class::Positive,
    name: b"\x03www\x07example\0",
};

#[test]
fn one_second_is_saved_up_and_then_the_rate_holds() {
    let limiter = limiter(200, 2);
    let at = |millis, count| {
        burst(
            &limiter,
            "192.0.2.1",
            WWW,
            (Duration::from_millis(millis), count),
        )
    };
    assert_eq!(at(0, 1000), [200, 400, 400]);
    assert_eq!(
        at(500, 1000),
        [99, 450, 451],
        "half a second pays for half, rounded down"
    );
    assert_eq!(at(505, 10)[0], 1);
    assert_eq!(at(60_000, 1000)[0], 200, "no more than a second is saved");
}

#[test]
fn every_so_manieth_slips() {
    for (slip, truncated) in [(0, 0), (1, 100), (2, 50), (3, 33), (10, 10), (255, 10)] {
        let fates = burst(&limiter(1, slip), "192.0.2.1", WWW, (Duration::ZERO, 101));
        assert_eq!(fates, [1, truncated, 100 - truncated], "slip {slip}");
    }
}

#[test]
fn networks_classes_and_names_are_counted_apart() {
    let limiter = limiter(10, 2);
    let now = |count| (Duration::ZERO, count);
    for who in ["192.0.2.1", "192.0.3.1", "2001:db8::1", "2001:db8:0:100::1"] {
        assert_eq!(burst(&limiter, who, WWW, now(100))[0], 10, "{who}");
    }
    for who in ["192.0.2.255", "2001:db8:0:ff::"] {
        assert_eq!(
            burst(&limiter, who, WWW, now(1))[0],
            0,
            "{who}: the same /24 or /56"
        );
    }
    for class in Class::ALL.into_iter().skip(1) {
        let fates = burst(&limiter, "192.0.2.1", account(class, WWW.name), now(100));
        assert_eq!(fates[0], 10, "{class:?}");
    }
    for name in [
        &b"\0"[..],
        b"\x01a\0",
        b"\x07example\0",
        b"\x04www1\x07example\0",
        &[1; 255],
    ] {
        let fates = burst(
            &limiter,
            "192.0.2.1",
            account(Class::Positive, name),
            now(100),
        );
        assert_eq!(fates[0], 10, "{name:?}");
    }
}

#[test]
fn what_is_held_back_is_counted_and_the_exempt_are_not() {
    let limiter = limiter(10, 2);
    assert_eq!(
        burst(&limiter, "198.51.100.9", WWW, (Duration::ZERO, 100)),
        [100, 0, 0]
    );
    burst(&limiter, "192.0.2.1", WWW, (Duration::ZERO, 100));
    let [positive, others @ ..] = limiter.held_back();
    assert_eq!((positive.truncated, positive.dropped), (45, 45));
    assert!(
        others
            .iter()
            .all(|counts| counts.truncated + counts.dropped == 0)
    );
    assert_eq!(limiter.held_back().map(|counts| counts.class), Class::ALL);
}

#[test]
fn a_clock_that_is_set_neither_opens_nor_closes_for_long() {
    let limiter = limiter(100, 2);
    let at = |at| {
        let mut sent = 0;
        for _ in 0..1000 {
            sent += u32::from(limiter.judge(at, client("192.0.2.1"), WWW) == Verdict::Send);
        }
        sent
    };
    assert_eq!(at(START), 100);
    assert_eq!(
        at(START - Duration::from_millis(900)),
        0,
        "another thread's clock"
    );
    assert_eq!(at(START - Duration::from_secs(3600)), 100, "set back");
    assert_eq!(at(START + Duration::from_secs(3600)), 100, "and on");
    // The time of a cell wraps after 2^20 seconds.
    assert_eq!(at(START + Duration::from_secs(1 << 19)), 100);
    assert_eq!(at(START + Duration::from_secs((1 << 20) - 3)), 100);
}

/// Accounts that come and go do not make room in the one that is under attack.
#[test]
fn an_exhausted_account_keeps_its_cell() {
    let limiter = limiter(200, 2);
    assert_eq!(
        burst(&limiter, "192.0.2.1", WWW, (Duration::ZERO, 1000))[0],
        200
    );
    let mut sent = 0;
    for millis in 0..1000_u32 {
        let now = Duration::from_millis(millis.into());
        for other in 0..200_u32 {
            let who = IpAddr::from(
                (millis * 200 + other)
                    .to_be_bytes()
                    .map(|octet| octet ^ 0x55),
            );
            limiter.judge(START + now, who, account(Class::NameError, b"\0"));
        }
        sent += burst(&limiter, "192.0.2.1", WWW, (now, 5))[0];
    }
    assert!((195..=200).contains(&sent), "{sent} in the second after");
}

#[test]
fn bounds_are_kept() {
    for (rate, wanted) in [(0, 1), (1, 1), (u32::MAX, 1_000_000)] {
        let fates = burst(
            &limiter(rate, 0),
            "192.0.2.1",
            WWW,
            (Duration::ZERO, 1_000_100),
        );
        assert_eq!(fates[0], wanted);
    }
    assert!(
        !format!("{:?}", limiter(1, 2)).contains("123456"),
        "the secret is not shown"
    );
}

#[test]
fn threads_share_an_account() {
    extern crate std;
    let limiter = limiter(1000, 2);
    let sent = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let fates = burst(&limiter, "192.0.2.1", WWW, (Duration::ZERO, 10_000));
                sent.fetch_add(fates[0].into(), Relaxed);
            });
        }
    });
    assert_eq!(sent.into_inner(), 1000);
    assert_eq!(limiter.held_back()[0].truncated, 19_500);
}

proptest! {
    /// Whatever comes when: in any stretch of time no account is sent more than the rate and one second's worth, and
    /// one that stays below the rate is sent everything.
    #[test]
    fn never_more_than_rate_and_burst(
        rate in 1_u32..2000,
        pauses in prop::collection::vec(0_u64..20_000, 1..2000),
    ) {
        let limiter = limiter(rate, 2);
        let (mut now, mut sent) = (Duration::ZERO, Vec::new());
        let quiet = Duration::from_secs(1) / rate + Duration::from_micros(2);
        let mut quiet_at = Duration::ZERO;
        for pause in pauses {
            now += Duration::from_micros(pause);
            if limiter.judge(START + now, client("192.0.2.1"), WWW) == Verdict::Send {
                sent.push(now);
            }
            if now >= quiet_at {
                quiet_at = now + quiet;
                let verdict = limiter.judge(START + now, client("203.0.113.1"), WWW);
                prop_assert_eq!(verdict, Verdict::Send, "another network");
            }
        }
        for (first, from) in sent.iter().enumerate() {
            let within = sent[first..].iter().take_while(|at| **at < *from + Duration::from_secs(1));
            prop_assert!(within.count() <= 2 * rate as usize);
        }
        let all = f64::from(rate) * (now.as_secs_f64() + 1.0);
        prop_assert!(sent.len() as f64 <= all + 1.0, "{} of {all}", sent.len());
    }
}
