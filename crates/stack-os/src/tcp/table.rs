//! The connections of one thread, and which of them is least useful.

use super::{
    channel::Channel,
    connection::{Connection, Rank},
};

/// Connections under small numbers that are used again.
#[derive(Debug)]
pub(crate) struct Table<C> {
    entries: Vec<Option<Connection<C>>>,
    /// The rank of each entry, beside it so that the search for the least useful one reads 24 octets for each and not the
    /// connection.
    ranks: Vec<Option<Rank>>,
    free: Vec<usize>,
}

impl<C> Default for Table<C> {
    fn default() -> Self {
        Table {
            entries: Vec::new(),
            ranks: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<C: Channel> Table<C> {
    /// The number that the next inserted connection gets.
    pub(crate) fn next_number(&self) -> usize {
        self.free.last().copied().unwrap_or(self.entries.len())
    }

    /// All numbers in use are below this one.
    pub(crate) fn next_unused(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.entries.len()
    }

    pub(crate) fn insert(&mut self, connection: Connection<C>) {
        let number = self.next_number();
        if self.free.pop().is_none() {
            self.entries.push(None);
            self.ranks.push(None);
        }
        self.ranks[number] = Some(connection.rank());
        self.entries[number] = Some(connection);
    }

    pub(crate) fn entry(&mut self, number: usize) -> Option<&mut Connection<C>> {
        self.entries.get_mut(number)?.as_mut()
    }

    /// Remembers that the peer has sent its last octet.
    pub(crate) fn note_event(&mut self, number: usize, read_closed: bool) {
        if let Some(connection) = self.entry(number) {
            connection.read_closed |= read_closed;
        }
    }

    /// Whether it was not in line for more yet; from now on it is.
    pub(crate) fn become_busy(&mut self, number: usize) -> bool {
        let connection = self.entry(number);
        connection.is_some_and(|connection| !std::mem::replace(&mut connection.is_busy, true))
    }

    /// Brings the rank of a connection up to date, after its turn.
    pub(crate) fn rank(&mut self, number: usize) {
        if let Some(Some(connection)) = self.entries.get(number) {
            self.ranks[number] = Some(connection.rank());
        }
    }

    pub(crate) fn remove(&mut self, number: usize) -> Option<Connection<C>> {
        let connection = self.entries.get_mut(number)?.take()?;
        self.ranks[number] = None;
        self.free.push(number);
        Some(connection)
    }

    /// The connection whose loss hurts least, among those that `wanted` accepts. Reads all ranks, which happens only when
    /// connections have run out.
    pub(crate) fn least_useful(&self, wanted: impl Fn(&Connection<C>) -> bool) -> Option<usize> {
        let ranked = self.ranks.iter().zip(&self.entries).enumerate();
        let candidates = ranked.filter_map(|(number, (rank, entry))| {
            let rank = rank.as_ref()?;
            wanted(entry.as_ref()?).then_some((rank, number))
        });
        candidates.min().map(|(_, number)| number)
    }
}
