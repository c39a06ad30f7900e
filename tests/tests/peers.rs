#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! The harness itself: each peer starts, answers over both transports and ends.

use tests::name::Name;
use tests::peers::{Kind, Peer, Server, ZoneText};
use tests::question::{Edns, Question};

const ZONE: &str = "\
$TTL 300
@ SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.1
www AAAA 2001:db8::1
";

#[test]
fn every_peer_answers_over_udp_and_tcp() {
    let apex = Name::plain("example.org");
    let zones = [ZoneText {
        apex: apex.clone(),
        text: format!("$ORIGIN {apex}\n{ZONE}"),
    }];
    let question =
        Question::plain(apex.child(b"WWW").unwrap(), 28).with_edns(Edns::sized(1232, false));
    for kind in Kind::OTHERS {
        let peer = Peer::start(kind, &zones);
        let (udp, tcp) = (peer.ask(&question), peer.ask_tcp(&question));
        assert!(
            udp.aa && udp.rcode == 0 && udp.answer.len() == 1,
            "{kind}: {udp}"
        );
        assert_eq!(udp.answer, tcp.answer, "{kind}");
    }
}
