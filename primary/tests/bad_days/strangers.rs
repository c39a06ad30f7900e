//! Who asks for what is not theirs, and what is no question.

use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;

use wire::Flags;
use wire::message::Message;

use crate::support::{PATIENCE, Server, poll, query, served};
use crate::{LISTEN, exchange, is_root, metrics, repo};

const FORMERR: u8 = 1;
const NOTIMP: u8 = 4;
const REFUSED: u8 = 5;

/// Transfers, NOTIFY and UPDATE are refused; what is no query is met with silence.
#[test]
fn strangers_get_nothing() {
    let repo = repo();
    let server = Server::start(&repo);
    let address = server.addresses[0];
    for (rtype, code) in [
        (252, REFUSED),
        (251, REFUSED),
        (250, FORMERR),
        (249, FORMERR),
    ] {
        let mut stream = TcpStream::connect(address).expect("connected");
        let answer = exchange(&mut stream, &with_type(query("a.example"), rtype));
        assert_eq!(
            (answer[3] & 15, answer[6..10].to_vec()),
            (code, vec![0; 4]),
            "type {rtype}"
        );
    }
    let socket = client(address);
    for (opcode, class) in [(4, 1), (5, 1), (5, 255), (5, 254)] {
        let mut message = query("a.example");
        message[2] = opcode << 3;
        let class_at = message.len() - 16;
        message[class_at] = class;
        socket.send(&message).expect("sent");
        let mut answer = [0; 512];
        socket.recv(&mut answer).expect("an answer");
        assert_eq!(answer[3] & 15, NOTIMP, "operation {opcode}, class {class}");
    }
    // RFC 2931: a signature by SIG(0) costs us nothing, whatever is in it.
    let mut signed = query("www.a.example");
    signed[11] = 2;
    signed.extend([0, 0, 24, 0, 255, 0, 0, 0, 0, 0, 19]);
    signed.extend([0; 19]);
    socket.send(&signed).expect("sent");
    let mut answer = [0; 512];
    socket.recv(&mut answer).expect("an answer");
    assert_eq!((answer[3] & 15, &answer[..2]), (0, &signed[..2]));

    let mut response = query("www.a.example");
    response[2] |= 0x80;
    for silent in [&response[..], &response[..11], b""] {
        socket.send(silent).expect("sent");
    }
    // What comes first is the answer to what was sent last.
    let mut probe = query("www.a.example");
    probe[..2].copy_from_slice(b"ok");
    socket.send(&probe).expect("sent");
    let mut answer = [0; 512];
    socket.recv(&mut answer).expect("an answer");
    assert_eq!(&answer[..2], b"ok");
    server.stop();
}

/// Nobody can be answered at port 0, and it is not tried.
#[test]
fn a_forged_source_port_is_dropped_and_counted() {
    if !is_root() {
        return;
    }
    let repo = repo();
    let server = Server::start_with(
        &repo,
        &[&LISTEN[..], &["--metrics", "127.0.0.1:0"]].concat(),
    );
    let port = server.addresses[0].port();
    // UDP: source, destination, length, no checksum (RFC 768).
    let question: String = query("www.a.example")
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let script = format!(
        "import socket, struct\n\
         question = bytes.fromhex('{question}')\n\
         raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)\n\
         raw.sendto(struct.pack('!HHHH', 0, {port}, 8 + len(question), 0) + question, ('127.0.0.1', 0))\n"
    );
    let sent = Command::new("python3").args(["-c", &script]).status();
    assert!(sent.expect("python3 runs").success());
    let dropped = "stemma_messages_dropped_total{transport=\"udp\",reason=\"bad-source\"} 1";
    poll(|| match metrics(&server) {
        page if page.contains(dropped) => Ok(()),
        page => Err(page),
    });
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    server.stop();
}

fn client(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(address).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket
}

/// With another type in the question, which OPT follows.
fn with_type(mut message: Vec<u8>, rtype: u8) -> Vec<u8> {
    let type_at = message.len() - 18;
    message[type_at] = rtype;
    message
}

/// Questions without sense at a rate beyond the limit, of which NSD answered some with a question that was not counted:
/// what is answered is well-formed, and says no more of a question than it has.
#[test]
fn what_is_limited_is_well_formed_also_where_the_question_is_not() {
    let repo = repo();
    let limits = ["--rate-limit", "1", "--rate-limit-slip", "1"];
    let server = Server::start_with(&repo, &[&LISTEN[..], &limits].concat());
    let socket = client(server.addresses[0]);
    let good = query("www.a.example");
    let altered = |at: usize, octet: u8| {
        let mut message = good.clone();
        message[at] = octet;
        message
    };
    let questions = [
        good.clone(),
        // Two questions, none, an answer that is announced, another operation, a version of EDNS that is none.
        altered(5, 2),
        altered(5, 0),
        altered(7, 1),
        altered(2, 0x28),
        altered(good.len() - 10, 1),
        // Cut off in the name, behind it, in OPT; octets behind the end; a label that is none, a pointer to itself.
        good[..15].to_vec(),
        good[..28].to_vec(),
        good[..good.len() - 3].to_vec(),
        [&good[..], &[0; 9]].concat(),
        altered(12, 0x80),
        [&good[..12], &[0xC0, 12, 0, 1, 0, 1]].concat(),
        altered(11, 2),
    ];
    let mut truncated = 0;
    for question in questions.iter().cycle().take(questions.len() * 40) {
        socket.send(question).expect("sent");
        let mut answer = [0; 4096];
        let length = socket
            .recv(&mut answer)
            .expect("all are answered: every one slips");
        let told = Message::read(&answer[..length]);
        let told = told
            .unwrap_or_else(|why| panic!("{why:?}: {question:02x?} {:02x?}", &answer[..length]));
        assert_eq!(told.id.to_be_bytes(), question[..2]);
        assert!(
            told.flags.has(Flags::QR) && length <= question.len() + 60,
            "{question:02x?}"
        );
        truncated += u32::from(told.flags.has(Flags::TC));
    }
    assert!(truncated > 30, "{truncated}");
    server.stop();
}
