//! The engine without Git: a zone from a file, answered in this process.

use authority::{Authority, Config, Limiter, RateLimit, Request, Transport};
use rr::{Name, Rtype};
use stack_os::{Message, Options, Sockets};
use std::{
    error::Error,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use zone::{
    Builder, Checked, HashKey, Published, Revision, Unchecked, Zone, Zones,
    check::{CheckOptions, Policy},
};
use zonefile::{Limits, NoSources, SourceMap, SyntaxError, read_zone};

use crate::sample::APEX;

const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);

/// Text to served form, by the same steps as the primary: read, build, check, publish. Prints what each took.
pub(crate) fn load(file: &Path) -> Result<Zones, Box<dyn Error>> {
    let text = fs::read(file)?;
    let start = Instant::now();
    let (apex, mut map) = (Name::from_text(APEX)?, SourceMap::new());
    let mut builder = Builder::new(apex.clone(), KEY);
    let errors = read(&apex, text, &mut map, &mut builder);
    let read = start.elapsed();
    let unchecked = build(builder);
    let built = start.elapsed();
    let zone = check(unchecked, &map, &errors)?;
    println!(
        "read {read:.1?}, build {:.1?}, check {:.1?}",
        built - read,
        start.elapsed() - built
    );
    let revision = Revision::new("0123456789abcdef");
    Ok(Zones::new(KEY, revision.clone()).with(Published { zone, revision }))
}

// `instructions` counts in the functions that are never inlined, and finds them by their names.

#[inline(never)]
fn read(
    apex: &Name,
    text: Vec<u8>,
    map: &mut SourceMap,
    builder: &mut Builder,
) -> Vec<SyntaxError> {
    read_zone(
        apex.as_ref(),
        APEX,
        text,
        &mut NoSources,
        &Limits::default(),
        map,
        builder,
    )
}

#[inline(never)]
fn build(builder: Builder) -> Zone<Unchecked> {
    builder.finish()
}

#[inline(never)]
fn check(
    zone: Zone<Unchecked>,
    map: &SourceMap,
    errors: &[SyntaxError],
) -> Result<Zone<Checked>, String> {
    let (zone, findings) = zone.check(&CheckOptions::new(map, errors, &Policy::default()));
    zone.map_err(|_| format!("{} findings, one of them an error", findings.len()))
}

/// Answers all questions of a file in this thread, without the kernel.
pub(crate) fn answer(zone: &Path, questions: &Path) -> Result<(), Box<dyn Error>> {
    let zones = load(zone)?;
    let messages = messages(&fs::read_to_string(questions)?)?;
    let start = Instant::now();
    let octets = answer_all(&limiting(), &zones, &messages);
    let each = start.elapsed().as_nanos() as f64 / messages.len() as f64;
    println!(
        "{} questions, {octets} octets of answers, {each:.0} ns each",
        messages.len()
    );
    Ok(())
}

/// Counts responses as the primary does, but never holds one back: the questions of a kind are more than anybody asks.
fn limiting() -> Authority {
    let limit = RateLimit {
        rate: RateLimit::RATE_MAX,
        ..RateLimit::default()
    };
    let secret = [0x452821e638d01377, 0xbe5466cf34e90c6c];
    Authority::new(Config {
        limiter: Some(Arc::new(Limiter::new(&limit, secret))),
        ..Config::default()
    })
}

#[inline(never)]
fn answer_all(authority: &Authority, zones: &Zones, messages: &[Vec<u8>]) -> usize {
    let mut out = [0; 1232];
    let client = IpAddr::from(Ipv4Addr::LOCALHOST);
    let answers = messages.iter().map(|message| {
        let request = Request {
            message,
            transport: Transport::Udp,
            client,
            now: Duration::ZERO,
        };
        authority.answer(zones, request, &mut out).unwrap_or(0)
    });
    answers.sum()
}

fn messages(questions: &str) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let message = |line: &str| {
        let (name, rtype) = line.split_once(' ').ok_or("a question is NAME TYPE")?;
        Ok(wire::message::query(
            1,
            Name::from_text(name)?.as_ref(),
            rtype.parse::<Rtype>()?,
        ))
    };
    questions.lines().map(message).collect()
}

/// Serves a zone file over UDP and TCP with one worker: stack and engine without the program around them.
pub(crate) fn serve(zone: &Path, address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let zones = Arc::new(load(zone)?);
    let authority = Arc::new(Authority::new(Config::default()));
    let options = Options {
        udp_workers: 1,
        tcp_workers: 1,
        ..Options::new([address])
    };
    let service = move || {
        let (zones, authority) = (Arc::clone(&zones), Arc::clone(&authority));
        move |message: Message<'_>, out: &mut [u8]| authority.answer(&zones, request(&message), out)
    };
    let _server = Sockets::bind(&options)?.serve(service)?;
    loop {
        thread::park();
    }
}

fn request<'m>(message: &Message<'m>) -> Request<'m> {
    let transport = match message.transport {
        stack_os::Transport::Udp => Transport::Udp,
        stack_os::Transport::Tcp => Transport::Tcp,
        stack_os::Transport::Tls => Transport::Tls,
    };
    Request {
        message: message.octets,
        transport,
        client: message.peer.ip(),
        now: Duration::ZERO,
    }
}
