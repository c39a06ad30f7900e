//! What chance brings too rarely: zones and questions made for single rows of `differences.md`.

use crate::name::Name;
use crate::peers::ZoneText;
use crate::question::{Edns, Question};
use crate::sign::{Signer, sign};

const TXT: u16 = 16;
const DNAME: u16 = 39;
const SVCB: u16 = 64;

/// The zones with the questions about each.
pub fn rare() -> Vec<(ZoneText, Vec<Question>)> {
    vec![plain(), opt_out()]
}

fn plain() -> (ZoneText, Vec<Question>) {
    let apex = Name::plain("rare.example");
    let long = ["l", "m", "n"].map(|letter| letter.repeat(60)).join(".");
    let (far, on) = ("q".repeat(60), "o".repeat(40));
    let records = format!(
        "cut NS ns.cut
*.cut A 192.0.2.1
long DNAME {long}
alias CNAME {far}.long
*.loop CNAME x.loop
back DNAME rare.example.
deep DNAME {far}.deep
*.svc SVCB 1 HOST.svc
host.svc A 192.0.2.2
grows DNAME {on}.grows
"
    );
    let [grows, deep] = ["grows", "deep"].map(|name| format!("{far}.{far}.{far}.{name}"));
    let names = ["www.cut", "alias", &grows, &deep].map(|name| format!("{name}.rare.example"));
    let mut questions = names
        .map(|name| Question::plain(Name::plain(&name), TXT))
        .to_vec();
    questions.push(Question::plain(Name::plain("x.loop.rare.example"), TXT));
    questions.push(Question::plain(
        Name::plain("back.back.rare.example"),
        DNAME,
    ));
    questions.push(Question::plain(Name::plain("x.svc.rare.example"), SVCB));
    (text(apex, &records), questions)
}

/// RFC 5155 §7.1: empty names above unsigned cuts have no record of their own here.
fn opt_out() -> (ZoneText, Vec<Question>) {
    let apex = Name::plain("rare-opt-out.example");
    let mut records = "*.a TXT below\nc.b.a NS ns.elsewhere.example.\n".to_owned();
    // With many records, what matches one name seldom covers another.
    records.extend((0..40).map(|at| format!("e{at} TXT here\nc.*.e{at} NS ns\n")));
    let names = ["x.b.a", "x.e1", "x.e2"];
    let ask = |name: &str| {
        let name = Name::plain(&format!("{name}.rare-opt-out.example"));
        Question::plain(name, TXT).with_edns(Edns::sized(1232, true))
    };
    let questions = names.map(ask).to_vec();
    (sign(&text(apex, &records), Signer::OptOut), questions)
}

fn text(apex: Name, records: &str) -> ZoneText {
    let top = "@ SOA ns host 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.53\n";
    ZoneText {
        text: format!("$ORIGIN {apex}\n$TTL 300\n{top}{records}"),
        apex,
    }
}
