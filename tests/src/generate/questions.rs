//! Questions at, below and beside everything a generated zone holds.

use super::{Generated, descend};
use crate::name::Name;
use crate::question::{Edns, Question};
use crate::random::Random;

const TYPES: &[u16] = &[
    1, 28, 2, 5, 6, 12, 15, 16, 17, 33, 35, 39, 43, 46, 47, 48, 50, 52, 64, 65, 255, 257, 65_280,
    65_399,
];

/// `per_name` questions for each interesting name, and some for names that are not in the zone.
pub fn questions(random: &mut Random, generated: &Generated, per_name: usize) -> Vec<Question> {
    let mut names: Vec<Name> = generated
        .owners
        .iter()
        .flat_map(|owner| around(random, owner))
        .collect();
    let apex = &generated.zone.apex;
    names.extend([Name::root(), Name::plain("elsewhere.example"), apex.clone()]);
    names.extend(apex.parent());
    names.sort();
    names.dedup();
    names
        .iter()
        .flat_map(|name| {
            (0..per_name)
                .map(|_| question(random, name))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The owner itself, above, beside, below it, far below it and at the asterisk below it.
fn around(random: &mut Random, owner: &Name) -> Vec<Name> {
    let above = owner.parent();
    let beside = above.clone().map(|parent| descend(random, parent));
    let below = descend(random, owner.clone());
    let asterisk = owner.child(b"*");
    let long = [40, 50, 60].iter().try_fold(owner.clone(), |name, length| {
        name.child(&vec![b'q'; *length])
    });
    [
        Some(owner.clone()),
        above,
        beside,
        Some(below),
        asterisk,
        long,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn question(random: &mut Random, name: &Name) -> Question {
    let name = if random.chance(30) {
        name.recased(|| random.chance(50))
    } else {
        name.clone()
    };
    let rtype = *random.pick(TYPES);
    let edns = match random.below(10) {
        0 | 1 => None,
        2 => Some(Edns::sized(512, false)),
        3..6 => Some(Edns::sized(1232, false)),
        6..9 => Some(Edns::sized(1232, true)),
        _ => Some(Edns::sized(4096, true)),
    };
    Question {
        name,
        rtype,
        class: 1,
        rd: random.chance(30),
        edns,
    }
}
