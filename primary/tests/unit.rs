//! The example of a service for systemd.

use testbed::units::{must_be_hardened, must_let_confine};

const UNIT: &str = include_str!("../systemd/stemma-primary.service");

#[test]
fn the_service_is_hardened() {
    must_be_hardened(UNIT, 15);
}

#[test]
fn with_sockets_passed_on_it_is_hardened_further() {
    let unit = UNIT.replace("=CAP_NET_BIND_SERVICE", "=");
    must_be_hardened(&unit.replace("\nUMask=", "\nPrivateUsers=yes\nUMask="), 12);
}

#[test]
fn what_confines_the_server_is_not_refused() {
    must_let_confine(UNIT);
}
