//! A client of the HTTP port, by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::support::{PATIENCE, Server};

/// What was answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Starts the server with a free port for metrics besides these arguments.
pub(crate) fn telling(repo: &crate::support::Repo, arguments: &[&str]) -> Server {
    let metrics = ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    Server::start_with(repo, &[&metrics, arguments].concat())
}

/// Where it tells metrics.
pub(crate) fn metrics_address(server: &Server) -> SocketAddr {
    let status = server.status().expect("a status");
    let address = status["metrics"].as_str().expect("an address");
    address.parse().expect("an address")
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Response {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
}

pub(crate) fn ask(address: SocketAddr, request: &str) -> Response {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status line");
    Response {
        status: status.parse().expect("a number"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
