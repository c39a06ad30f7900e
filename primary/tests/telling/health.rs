//! Whether the server is well, over HTTP.

use crate::http::{get, metrics_address, telling};
use crate::support::{Repo, poll, zone};

#[test]
fn ready_once_something_right_is_served() {
    let repo = Repo::new();
    let server = telling(&repo, &[]);
    let address = metrics_address(&server);
    let health = get(address, "/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let ready = get(address, "/readyz");
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body, "no commit has been read yet\n");

    let broken = repo.commit(&[("example.org", "garbage\n")]);
    server.wait_for_commit(&broken);
    let ready = get(address, "/readyz");
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, "no zone is right\n")
    );

    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    poll(|| match get(address, "/readyz").status {
        200 => Ok(()),
        _ => Err(server.log()),
    });
    // A mistake later on takes nothing down.
    let broken = repo.commit(&[("example.org", "garbage\n")]);
    server.wait_for_commit(&broken);
    assert_eq!(get(address, "/readyz").status, 200);
    server.stop();
}
