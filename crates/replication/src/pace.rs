//! How long is waited for what, whatever a primary says.

use rr::Serial;
use rr::data::Soa;

/// The fields of an SOA record that say how a secondary keeps the zone (RFC 1035 §3.3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which version it is.
    pub serial: Serial,
    /// Between two looks.
    pub refresh_secs: u32,
    /// After a look that failed.
    pub retry_secs: u32,
    /// From the last success until the zone is no longer answered from.
    pub expire_secs: u32,
}

impl From<&Soa> for Version {
    fn from(soa: &Soa) -> Self {
        Self {
            serial: soa.serial,
            refresh_secs: soa.refresh.0,
            retry_secs: soa.retry.0,
            expire_secs: soa.expire.0,
        }
    }
}

/// Bounds of all waiting. Intervals of zones are bounded because they come from elsewhere: a refresh of 0 must not make a
/// storm, nor an expire of 0 end a zone that was transferred just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The shortest refresh. Default 30 s.
    pub refresh_floor_secs: u32,
    /// The longest refresh. Default 28 days.
    pub refresh_ceiling_secs: u32,
    /// The shortest retry. Default 15 s.
    pub retry_floor_secs: u32,
    /// The longest retry. Default 1 day.
    pub retry_ceiling_secs: u32,
    /// The longest expire. Default 168 days. The shortest is what refresh and retry are together, so that there is a second
    /// look before.
    pub expire_ceiling_secs: u32,
    /// The first pause when there is no zone yet; it doubles with each failure. Default 5 s.
    pub missing_first_secs: u32,
    /// The longest of these pauses. Default 10 min.
    pub missing_last_secs: u32,
    /// Until a datagram is answered. Default 3 s.
    pub datagram_millis: u64,
    /// Datagrams that are sent to one primary before it is asked over a connection. Default 2.
    pub datagrams: u8,
    /// Until a question over a connection is answered. Default 10 s.
    pub stream_millis: u64,
    /// Until a transfer is whole. Default 1 h.
    pub transfer_millis: u64,
    /// After a look for a NOTIFY that brought nothing, until NOTIFY may cause another one. Default 1 s.
    pub quiet_millis: u64,
    /// The longest that this grows to as transfers fail one after the other, doubling with each. Default 1 min.
    pub quiet_last_millis: u64,
}

impl Default for Pace {
    fn default() -> Self {
        const DAY: u32 = 86_400;
        Self {
            refresh_floor_secs: 30,
            refresh_ceiling_secs: 28 * DAY,
            retry_floor_secs: 15,
            retry_ceiling_secs: DAY,
            expire_ceiling_secs: 168 * DAY,
            missing_first_secs: 5,
            missing_last_secs: 600,
            datagram_millis: 3_000,
            datagrams: 2,
            stream_millis: 10_000,
            transfer_millis: 3_600_000,
            quiet_millis: 1_000,
            quiet_last_millis: 60_000,
        }
    }
}

impl Pace {
    /// Seconds between two looks at the zone.
    #[must_use]
    pub fn refresh_secs(&self, version: &Version) -> u32 {
        bounded(
            version.refresh_secs,
            self.refresh_floor_secs,
            self.refresh_ceiling_secs,
        )
    }

    /// Seconds after a look that failed.
    #[must_use]
    pub fn retry_secs(&self, version: &Version) -> u32 {
        bounded(
            version.retry_secs,
            self.retry_floor_secs,
            self.retry_ceiling_secs,
        )
    }

    /// Seconds after which the zone is no longer answered from.
    #[must_use]
    pub fn expire_secs(&self, version: &Version) -> u32 {
        let floor = self.expire_floor_secs(version);
        bounded(version.expire_secs, floor, self.expire_ceiling_secs)
    }

    pub(crate) fn expire_floor_secs(&self, version: &Version) -> u32 {
        self.refresh_secs(version)
            .saturating_add(self.retry_secs(version))
    }

    /// The pause after the failure of this number, the first being 1, when there is no zone.
    pub(crate) fn missing_millis(&self, failures: u32) -> u64 {
        let first = u64::from(self.missing_first_secs) * 1000;
        let last = u64::from(self.missing_last_secs) * 1000;
        doubled(first, failures).min(last.max(first))
    }

    /// The pause after so many rounds in a row that ended in a transfer that failed: each costs a transfer.
    pub(crate) fn broken_millis(&self, version: &Version, failures: u32) -> u64 {
        let retry = u64::from(self.retry_secs(version)) * 1000;
        let refresh = u64::from(self.refresh_secs(version)) * 1000;
        doubled(retry, failures).min(refresh.max(retry))
    }

    /// How long NOTIFY causes nothing after a look that brought nothing.
    pub(crate) fn quiet_after(&self, has_broken: bool, failures: u32) -> u64 {
        match has_broken {
            false => self.quiet_millis,
            true => doubled(self.quiet_millis, failures)
                .min(self.quiet_last_millis.max(self.quiet_millis)),
        }
    }
}

fn doubled(first: u64, times: u32) -> u64 {
    first.saturating_mul(1 << times.saturating_sub(1).min(30))
}

/// The ceiling counts most: it is the operator's.
fn bounded(value: u32, floor: u32, ceiling: u32) -> u32 {
    value.max(floor).min(ceiling)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(refresh_secs: u32, retry_secs: u32, expire_secs: u32) -> Version {
        Version {
            serial: Serial(1),
            refresh_secs,
            retry_secs,
            expire_secs,
        }
    }

    /// RFC 1035 §3.3.13 has no bounds.
    #[test]
    fn what_a_zone_says_has_bounds() {
        let pace = Pace::default();
        let all = |version: &Version| {
            [
                pace.refresh_secs(version),
                pace.retry_secs(version),
                pace.expire_secs(version),
            ]
        };
        assert_eq!(all(&version(7200, 900, 86_400)), [7200, 900, 86_400]);
        assert_eq!(all(&version(0, 1, 0)), [30, 15, 45]);
        let days = |count: u32| count * 86_400;
        let most = u32::MAX;
        assert_eq!(
            all(&version(most, most, most)),
            [days(28), days(1), days(168)]
        );
        assert_eq!(all(&version(7200, 900, 20))[2], 8100, "a second look first");
    }

    #[test]
    fn pauses_double_up_to_a_ceiling() {
        let pace = Pace::default();
        let missing: alloc::vec::Vec<_> = (1..10).map(|n| pace.missing_millis(n) / 1000).collect();
        assert_eq!(missing, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        let version = version(7200, 900, 86_400);
        let broken: alloc::vec::Vec<_> = (1..6)
            .map(|n| pace.broken_millis(&version, n) / 1000)
            .collect();
        assert_eq!(broken, [900, 1800, 3600, 7200, 7200]);
        assert_eq!(pace.missing_millis(u32::MAX), 600_000);
    }
}
