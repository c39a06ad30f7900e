//! `notify`: a secondary of another project asks at once.

use crate::desk::Desk;
use crate::servers::{KEY, Peer};

#[test]
fn a_secondary_that_is_told_has_the_new_version() {
    let desk = Desk::new();
    let primary = Peer::bind(&["a.test"]);
    let secondary = Peer::bind_secondary(&["a.test"], primary.address);
    let add = [
        "--zone",
        "a.test",
        "--add",
        "x 60 A 192.0.2.1",
        "--key",
        KEY,
    ];
    desk.zonetool("", &[&["update", &primary.at()], &add[..]].concat())
        .succeeded();
    assert_eq!(
        (primary.serial("a.test"), secondary.serial("a.test")),
        (Some(2), Some(1))
    );
    let notify =
        |words: &[&str]| desk.zonetool("", &[&["notify", &secondary.at()], words].concat());
    let stranger = Peer::nsd(&["a.test"]);
    let ran = desk
        .zonetool("", &["notify", &stranger.at(), "a.test"])
        .exited(1);
    assert!(
        ran.out.contains("REFUSED: ") && ran.out.contains("next: sign it"),
        "{}",
        ran.out
    );
    let json = notify(&["b.test", "--key", KEY, "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(json["rcode"], "NOTAUTH");
    let ran = notify(&["a.test", "--key", KEY, "--tcp"]).succeeded();
    assert_eq!(
        ran.out,
        format!("a.test. at {}: NOERROR: told\n", secondary.address)
    );
    testbed::poll(|| match secondary.serial("a.test") {
        Some(2) => Ok(()),
        other => Err(format!("serial {other:?}")),
    });
    notify(&["a..test"]).exited(2);
    let nobody = testbed::process::free_address();
    desk.zonetool(
        "",
        &["notify", &format!("@{nobody}"), "a.test", "--timeout", "1"],
    )
    .exited(3);
}
