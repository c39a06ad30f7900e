//! What a lookup will read first, told before it is made.
//!
//! In a large zone nearly all the time of a lookup goes by waiting for two places in memory: a slot of the index and the
//! node that it leads to. Who has several questions at hand can name both places for all of them first, have the memory
//! bring them at the same time, and find them there when it answers. How that is said to the machine is not known here.

use crate::form::Form;
use crate::hash::HashKey;
use crate::zones::Zones;

/// Labels of a name worth the thought; longer ones are looked up without it.
const FEW: usize = 8;

/// On the way to the node that the lookup of a name will try first.
#[derive(Clone, Copy, Debug)]
pub struct Approach<'z> {
    form: &'z Form,
    hash: u64,
}

impl<'z> Approach<'z> {
    /// The part of the index in which the name is looked for, from the slot that is read first: the first place to fetch.
    #[must_use]
    #[inline]
    pub fn slots(&self) -> &'z [u64] {
        self.form.index.slots_from_home(self.hash)
    }

    /// What is kept of the name, from its start: the second place to fetch. Reads the first.
    #[must_use]
    #[inline]
    pub fn node(&self) -> Option<&'z [u8]> {
        let place = self.form.index.first_with_tag(self.hash)?;
        Some(self.form.pages.at(place))
    }
}

impl Zones {
    /// Where [`Zones::lookup`] will begin with the name that `octets` begin with, in wire form; what follows it does not
    /// matter. A guess, for hashes are compared and names are not: one that is wrong costs a fetch, never an answer.
    ///
    /// `None` if no zone is near, or if the name is not worth it.
    #[must_use]
    #[inline]
    pub fn approach(&self, octets: &[u8]) -> Option<Approach<'_>> {
        let steps = Steps::to(octets, self.key())?;
        let form = self.nearest(&steps.hashes, steps.labels)?;
        let labels = steps.labels.min(form.max_labels);
        (form.key == self.key()).then_some(Approach {
            form,
            hash: steps.hashes[labels],
        })
    }
}

/// The hashes of a name and all of its ancestors, the root first.
struct Steps {
    hashes: [u64; FEW + 1],
    labels: usize,
}

impl Steps {
    #[inline]
    fn to(octets: &[u8], key: HashKey) -> Option<Self> {
        let (mut starts, mut labels, mut at) = ([0_u16; FEW], 0, 0);
        while let length = usize::from(*octets.get(at)?)
            && length != 0
        {
            *starts.get_mut(labels)? = at as u16;
            at += 1 + length;
            labels += 1;
        }
        let mut hashes = [key.root(); FEW + 1];
        for depth in 0..labels {
            let label = &octets[usize::from(starts[labels - 1 - depth])..];
            hashes[depth + 1] = key.below_any_case(hashes[depth], label);
        }
        Some(Steps { hashes, labels })
    }
}
