//! The example of a service for systemd.

use testbed::units::{must_be_hardened, must_let_confine};

const UNIT: &str = include_str!("../../systemd/stemma-secondary.service");

#[test]
fn the_service_is_hardened_and_may_confine_itself() {
    must_be_hardened(UNIT, 15);
    must_let_confine(UNIT);
}
