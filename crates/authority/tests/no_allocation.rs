//! The answer path allocates nothing: every question of every table is counted.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use std::sync::Arc;

use authority::{
    Authority, Config, CookiePolicy, CookieSecret, Cookies, Limiter, Nsid, RateLimit, Request,
};

mod support;

#[test]
fn no_answer_allocates() {
    let secret = CookieSecret::new([7; 16]);
    let cookies = Cookies {
        secret,
        previous: None,
        policy: CookiePolicy::Offer,
    };
    let config = Config {
        nsid: Nsid::Revision,
        version: Some("1".into()),
        cookies: Some(cookies),
        limiter: Some(Arc::new(Limiter::new(&RateLimit::default(), [1, 2]))),
        ..Config::default()
    };
    let (authority, zones) = (Authority::new(config), support::all_zones());
    let (questions, mut out) = (support::questions(), vec![0; 65_535]);
    assert!(questions.len() > 150);
    for (message, transport) in &questions {
        let request = Request {
            message,
            transport: *transport,
            client: support::CLIENT,
            now: support::NOW,
        };
        let counted = allocation_counter::measure(|| {
            assert!(authority.answer(&zones, request, &mut out).is_some());
        });
        assert_eq!(counted.count_total, 0, "{message:?}");
    }
    let counted = allocation_counter::measure(|| drop(vec![1]));
    assert_eq!(counted.count_total, 1, "the counter counts");
}
