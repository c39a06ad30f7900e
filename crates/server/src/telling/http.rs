//! A few pages over HTTP, for who watches the server: `/metrics`, `/healthz` and `/readyz`.
//!
//! GET and HEAD only, and nothing that could be changed.

mod request;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::failure::Failure;
use crate::http::{Connection, Listener, Response, head_octets};
use crate::program::Program;
use crate::system::restraint::Restrained;
use crate::telling::health;
use crate::telling::metrics;
use request::{Method, Refusal, Request};

/// Octets of a request up to the empty line; more are answered 431.
const REQUEST_OCTETS: usize = 8 << 10;
/// The methods that are answered.
const ALLOW: &str = "GET, HEAD";

/// Binds the address, where one was asked for.
pub(crate) fn bind(address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).map_err(|why| Failure::Metrics { address, why })?;
    Ok(Some(listener))
}

/// Tells about this program, until what is given is dropped.
pub(crate) fn serve(listener: TcpListener, program: Arc<dyn Program>) -> io::Result<Listener> {
    crate::telling::log::telling(listener.local_addr()?);
    let restrained = program.front().restrained.as_ref();
    let can_connect = !restrained.is_some_and(Restrained::is_confined);
    let answer = move |connection| answer(connection, &*program);
    Listener::serve(listener, "http", can_connect, answer)
}

fn answer(mut connection: Connection, program: &dyn Program) -> io::Result<()> {
    let response = match read_request(&mut connection)? {
        Ok(request) => respond(&request, program),
        Err(refusal) => Response::text(refusal.status(), "", ALLOW),
    };
    connection.finish(&response)
}

fn read_request(connection: &mut Connection) -> io::Result<Result<Request, Refusal>> {
    let mut octets = Vec::new();
    loop {
        if !connection.read_more(&mut octets)? {
            return Ok(Err(Refusal::TooSlow));
        }
        if octets.len() > REQUEST_OCTETS {
            return Ok(Err(Refusal::TooLarge));
        }
        if head_octets(&octets).is_some() {
            return Ok(Request::parse(&octets));
        }
    }
}

fn respond(request: &Request, program: &dyn Program) -> Response {
    let response = match request.path.as_str() {
        "/metrics" => Response {
            media_type: metrics::MEDIA_TYPE,
            ..Response::text("200 OK", &metrics::page(program), ALLOW)
        },
        "/healthz" => of_health(health::serving(program), &program.remarks()),
        "/readyz" => of_health(program.ready(), ""),
        _ => {
            let words = "there are /metrics, /healthz and /readyz\n";
            Response::text("404 Not Found", words, ALLOW)
        }
    };
    Response {
        without_body: request.method == Method::Head,
        ..response
    }
}

/// In a line, with remarks behind it.
fn of_health(health: Result<(), health::NotWell>, remarks: &str) -> Response {
    let (status, word) = match health {
        Ok(()) => ("200 OK", "ok"),
        Err(why) => ("503 Service Unavailable", why),
    };
    Response::text(status, &format!("{word}\n{remarks}"), ALLOW)
}
