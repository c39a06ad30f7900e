//! What happens to a world: made from a seed, and small enough to be read.

use std::time::Duration;

use primary::Milestone;
use stack_sim::{Random, Weather};

use crate::mutation::Mutation;

/// Everything that makes one run; two that are equal run alike, octet by octet.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    /// Of each secondary, whether it keeps its zones over a restart.
    pub(crate) keeps: Vec<bool>,
    pub(crate) deeds: Vec<(Duration, Deed)>,
    pub(crate) mutation: Option<Mutation>,
}

/// A host of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Primary,
    Secondary(usize),
    Client,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Deed {
    /// A person pushes a commit. With a milestone it comes between, when the server is there in its own work.
    Push(Edit, Option<Milestone>),
    /// A person takes back what the last commits did, with a commit that says what was before so many.
    Revert(usize),
    /// A person puts another commit in place of the newest one, and the operator accepts that.
    Force,
    /// A program has a name added, or taken out.
    Update {
        token: u32,
        is_added: bool,
    },
    /// A process is killed, now or as soon as it comes to a milestone, and begins again soon.
    Kill(Host, Option<Milestone>),
    Part(Host, Host),
    Join,
    Weather(Weather),
    /// The clock on the wall of a host jumps.
    Jump(Host, i64),
    /// Somebody asks the primary, or a secondary, a question.
    Ask(Host),
}

/// What a person changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The number that several records share.
    Number(u16),
    /// Another host, with a comment.
    Host(u8),
    /// A comment only.
    Remark(u8),
    /// The whole file is wrong.
    Mistake,
}

const MILESTONES: [Milestone; 4] = [
    Milestone::Stored,
    Milestone::Moved,
    Milestone::Promised,
    Milestone::Published,
];

/// Deeds of one history, about.
const DEEDS: u64 = 14;
/// How long it takes, until all is well again.
pub(crate) const TROUBLED: Duration = Duration::from_secs(100);

impl Scenario {
    pub(crate) fn of(seed: u64) -> Scenario {
        let mut random = Random::seeded(seed);
        let keeps = (0..3).map(|_| random.chance(50)).collect();
        let count = DEEDS / 2 + random.below(DEEDS);
        let mut token = 0;
        // Some come in bursts, so that they meet.
        let mut at = Duration::from_secs(1);
        let mut deeds = Vec::new();
        for _ in 0..count {
            let pause = match random.chance(60) {
                true => random.below(15),
                false => random.below(12_000),
            };
            at = (at + Duration::from_millis(pause)).min(TROUBLED);
            deeds.push((at, deed(&mut random, &mut token)));
        }
        Scenario {
            seed,
            keeps,
            deeds,
            mutation: None,
        }
    }
}

fn deed(random: &mut Random, tokens: &mut u32) -> Deed {
    let host = |random: &mut Random| match random.below(4) {
        0 => Host::Primary,
        number => Host::Secondary(number as usize - 1),
    };
    match random.below(100) {
        0..35 => {
            let is_added = *tokens == 0 || random.chance(80);
            *tokens += u32::from(is_added);
            let token = match is_added {
                true => *tokens,
                false => 1 + random.below(u64::from(*tokens)) as u32,
            };
            Deed::Update { token, is_added }
        }
        35..52 => {
            let milestone = random.chance(30).then(|| milestone(random));
            Deed::Push(edit(random), milestone)
        }
        52..56 => Deed::Revert(1 + random.below(4) as usize),
        56..59 => Deed::Force,
        59..72 => {
            let host = host(random);
            let milestone = (host == Host::Primary && random.chance(70)).then(|| milestone(random));
            Deed::Kill(host, milestone)
        }
        72..77 => Deed::Part(Host::Primary, host(random)),
        77..80 => Deed::Join,
        80..86 => Deed::Weather(weather(random)),
        86..90 => Deed::Jump(host(random), random.below(1200) as i64 - 600),
        _ => Deed::Ask(host(random)),
    }
}

fn milestone(random: &mut Random) -> Milestone {
    *random.pick(&MILESTONES).expect("four")
}

fn edit(random: &mut Random) -> Edit {
    match random.below(10) {
        0..5 => Edit::Number(random.below(60_000) as u16),
        5..7 => Edit::Host(random.below(200) as u8),
        7..9 => Edit::Remark(random.below(200) as u8),
        _ => Edit::Mistake,
    }
}

fn weather(random: &mut Random) -> Weather {
    Weather {
        loss: random.below(60) as u8,
        doubles: random.below(30) as u8,
        cuts: random.below(20) as u8,
        delay_least: Duration::from_millis(1),
        delay_most: Duration::from_millis(1 + random.below(2000)),
    }
}

/// Drops what the failure does not need: first halves, then single deeds.
pub(crate) fn shrink(scenario: &Scenario, fails: impl Fn(&Scenario) -> bool) -> Scenario {
    let mut best = scenario.clone();
    let mut size = best.deeds.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < best.deeds.len() {
            let mut less = best.clone();
            let end = (from + size).min(less.deeds.len());
            less.deeds.drain(from..end);
            match fails(&less) {
                true => best = less,
                false => from += size,
            }
        }
        size /= 2;
    }
    best
}
