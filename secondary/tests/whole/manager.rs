//! A service manager, by hand.

use std::os::unix::net::UnixDatagram;

use testbed::PATIENCE;

use crate::program::Place;

/// The next word that is not the watchdog's.
fn hear(socket: &UnixDatagram) -> String {
    let mut message = [0; 4096];
    loop {
        let length = socket.recv(&mut message).unwrap();
        let word = String::from_utf8_lossy(&message[..length]).into_owned();
        if word != "WATCHDOG=1" {
            return word;
        }
    }
}

/// It answers at once, be it SERVFAIL: that its primary is away is no reason for a manager to wait.
#[test]
fn a_manager_hears_of_ready_reload_and_stop() {
    let place = Place::new();
    let socket = UnixDatagram::bind(place.path("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let zones = place.write("zones", "example.org 127.0.0.1@9\n");
    let notify = format!("NOTIFY_SOCKET={}", place.word("notify"));
    let under = ["env", &notify, "WATCHDOG_USEC=1000000"];
    let running = place.start_under(&under, &["--zones", &zones]);
    assert!(hear(&socket).starts_with("READY=1\n"));
    running.signal("HUP");
    assert!(hear(&socket).starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(hear(&socket), "READY=1");
    running.stop();
    assert_eq!(hear(&socket), "STOPPING=1");
}
