#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic is its output"
)]
use std::collections::BTreeMap;
use tests::generate;
use tests::peers::{Kind, Peer};
use tests::random::Random;
use tests::reply::{Record, Reply};

fn norm(s: &[Record]) -> Vec<Record> {
    let mut v = s.to_vec();
    v.sort();
    v
}

fn diff(a: &Reply, b: &Reply) -> Vec<&'static str> {
    let mut out = vec![];
    if a.rcode != b.rcode {
        out.push("rcode")
    }
    if a.aa != b.aa {
        out.push("aa")
    }
    if a.tc != b.tc {
        out.push("tc")
    }
    if a.rd != b.rd {
        out.push("rd")
    }
    if norm(&a.answer) != norm(&b.answer) {
        out.push("answer")
    }
    if norm(&a.authority) != norm(&b.authority) {
        out.push("authority")
    }
    if norm(&a.additional) != norm(&b.additional) {
        out.push("additional")
    }
    out
}

#[test]
fn explore() {
    let start: u64 = std::env::var("START").map_or(1, |s| s.parse().unwrap());
    let mut random = Random::seeded(start);
    let signed = std::env::var("SIGNED").is_ok();
    let mut zones: Vec<_> = (0..8)
        .map(|i| generate::zone(&mut random, &format!("z{i}.example"), 40))
        .collect();
    if signed {
        for (i, z) in zones.iter_mut().enumerate() {
            z.zone = tests::sign::sign(&z.zone, tests::sign::Signer::ALL[i % 4]);
        }
    }
    let texts: Vec<_> = zones.iter().map(|z| z.zone.clone()).collect();
    let peers: Vec<_> = Kind::OTHERS
        .iter()
        .map(|k| Peer::start(*k, &texts))
        .collect();
    let mut counts: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut n = 0;
    for z in &zones {
        for q in generate::questions(&mut random, z, 4) {
            n += 1;
            let replies: Vec<_> = peers.iter().map(|p| p.ask(&q)).collect();
            for i in 0..3 {
                for j in 0..i {
                    let d = diff(&replies[j], &replies[i]);
                    if !d.is_empty() {
                        let key = format!(
                            "{}/{} {} {}",
                            peers[j].kind,
                            peers[i].kind,
                            if q.rtype == 255 { "ANY" } else { "" },
                            d.join(",")
                        );
                        let e = counts
                            .entry(key)
                            .or_insert_with(|| (0, format!("{q}\n{}{}", replies[j], replies[i])));
                        e.0 += 1;
                    }
                }
            }
        }
    }
    println!("{n} questions");
    for (k, (c, ex)) in counts {
        println!("##### {k}: {c}\n{ex}");
    }
}
