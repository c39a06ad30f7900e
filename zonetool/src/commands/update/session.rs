//! A script being carried out.

use super::answer::{self, Sent};
use super::script::Step;
use crate::client::{self, Ask, Entry, Manner, Reply, Said, Update as Message};
use crate::console::{Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use rr::{Class, Name, NameRef, RData};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tsig::{Key, Operation};
use wire::ResponseCode;

/// What a script has set so far.
struct Session<'u> {
    options: &'u super::Update,
    server: Option<SocketAddr>,
    zone: Option<Name>,
    class: Class,
    /// Of a `key` line, which goes before the options.
    key: Option<Arc<Key>>,
    prerequisites: Vec<Entry>,
    changes: Vec<Entry>,
    debug: bool,
    last: Option<Reply>,
    exit: Exit,
    documents: Vec<Value>,
}

/// Carries the steps out. A refusal does not keep those behind it from being sent, as with nsupdate.
pub(super) fn run(
    options: &super::Update,
    server: Option<SocketAddr>,
    zone: Option<Name>,
    steps: Vec<Step>,
    console: &mut Console<'_>,
) -> Outcome {
    let mut session = Session {
        options,
        server,
        zone,
        class: Class::IN,
        key: None,
        prerequisites: Vec::new(),
        changes: Vec::new(),
        debug: false,
        last: None,
        exit: Exit::CLEAN,
        documents: Vec::new(),
    };
    let mut done = Ok(());
    for step in steps {
        done = session.step(step, console);
        if done.is_err() {
            break;
        }
    }
    // What was sent before a failure is told all the same.
    if console.machine {
        console.json(&json!({ "updates": session.documents }))?;
    }
    done.map(|()| session.exit)
}

impl Session<'_> {
    fn step(&mut self, step: Step, console: &mut Console<'_>) -> Result<(), Failure> {
        match step {
            Step::Server(server) => self.server = Some(client::address(&server)?),
            Step::Zone(zone) => self.zone = Some(zone),
            Step::Class(class) => self.class = class,
            Step::Key(key) => self.key = Some(key),
            Step::Require(entry) => self.prerequisites.push(entry),
            Step::Change(entry) => self.changes.push(entry),
            Step::Debug => self.debug = true,
            Step::Show => self.show(console)?,
            Step::Answer => self.answer(console)?,
            Step::Send => self.send(console)?,
        }
        Ok(())
    }

    fn send(&mut self, console: &mut Console<'_>) -> Result<(), Failure> {
        let prerequisites = std::mem::take(&mut self.prerequisites);
        let changes = std::mem::take(&mut self.changes);
        let Some(first) = prerequisites.iter().chain(&changes).next() else {
            return Ok(());
        };
        let server = self.server()?;
        let zone = match &self.zone {
            Some(zone) => zone.clone(),
            None => self.find_zone(server, first.owner.as_ref())?,
        };
        let key = match &self.key {
            Some(key) => Some(Arc::clone(key)),
            None => {
                let signing = &self.options.signing;
                signing.key(Operation::Update, zone.as_ref())?
            }
        };
        let message = Message {
            zone,
            class: self.class,
            prerequisites,
            changes,
            edns: !self.options.no_edns,
        };
        self.debug(&message, console)?;
        let sent = Sent::new(server, &message, key.as_deref());
        let manner = self.manner(key);
        let reply = client::exchange(server, &message, &manner);
        let reply = reply.map_err(|error| client::no_response(server, &error))?;
        self.told(&sent, reply, console)
    }

    fn told(
        &mut self,
        sent: &Sent<'_>,
        reply: Reply,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        match console.machine {
            true => self.documents.push(answer::to_json(sent, &reply)),
            false => answer::print(sent, &reply, console)?,
        }
        if reply.message.rcode != ResponseCode::NoError {
            self.exit = Exit::FINDINGS;
        }
        self.last = Some(reply);
        Ok(())
    }

    fn server(&self) -> Result<SocketAddr, Failure> {
        self.server.ok_or_else(|| {
            Failure::usage("no server was named")
                .next("write it as @192.0.2.1, or begin the script with a line `server 192.0.2.1`")
        })
    }

    /// The zone that `name` is in by what the server says, as nsupdate finds it: the owner of the SOA record that is an
    /// answer, or stands beside the answer that there is none (RFC 2308 §2).
    fn find_zone(&self, server: SocketAddr, name: NameRef<'_>) -> Result<Name, Failure> {
        for name in name.ancestors() {
            let ask = Ask::soa(name.to_owned());
            let reply = client::exchange(server, &ask, &self.manner(None));
            let reply = reply.map_err(|error| client::no_response(server, &error))?;
            let records = reply.message.answer.iter().chain(&reply.message.authority);
            let soa = records
                .filter(|record| matches!(record.data, RData::SOA(_)))
                .find(|record| name.is_at_or_below(record.owner.as_ref()));
            if let Some(soa) = soa {
                return Ok(soa.owner.clone());
            }
        }
        Err(
            Failure::unreadable(format!("{server} does not tell in which zone {name} is"))
                .with_exit(Exit::FINDINGS)
                .next("name it: --zone ZONE, or the line `zone ZONE`"),
        )
    }

    fn manner(&self, key: Option<Arc<Key>>) -> Manner {
        Manner {
            timeout: Duration::from_secs(self.options.timeout),
            tcp: self.options.tcp,
            key,
        }
    }

    /// What would be sent, in lines that say it again.
    fn show(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        for line in lines(&self.prerequisites, &self.changes) {
            // Standard output is one document where that was asked for.
            match console.machine {
                true => writeln!(console.err, "{}", Plain(&line))?,
                false => writeln!(console.out, "{}", Plain(&line))?,
            }
        }
        Ok(())
    }

    fn answer(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        match &self.last {
            None => writeln!(console.err, "; no answer yet")?,
            Some(reply) => answer::print_message(reply, console)?,
        }
        Ok(())
    }

    fn debug(&self, message: &Message, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.debug {
            writeln!(console.err, "; zone {}", message.zone)?;
            for line in lines(&message.prerequisites, &message.changes) {
                writeln!(console.err, "; {}", Plain(&line))?;
            }
        }
        Ok(())
    }
}

fn lines<'e>(
    prerequisites: &'e [Entry],
    changes: &'e [Entry],
) -> impl Iterator<Item = String> + use<'e> {
    let said = |is_prerequisite| {
        move |entry| {
            Said {
                entry,
                is_prerequisite,
            }
            .to_string()
        }
    };
    let prerequisites = prerequisites.iter().map(said(true));
    prerequisites.chain(changes.iter().map(said(false)))
}
