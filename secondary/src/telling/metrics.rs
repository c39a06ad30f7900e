//! What the secondary tells of itself to Prometheus, beyond what all programs do.

use server::metrics::Page;

use super::status::{Standing, ZoneStatus};

/// Zones that are told one by one; of more only those that are not served, up to as many again.
const ZONES_TOLD: usize = 1000;

/// Adds the metrics of zones; `None`: nobody can say now, and there are none.
pub(super) fn write(page: &mut Page, zones: Option<&[ZoneStatus]>) {
    let Some(zones) = zones else {
        return;
    };
    page.gauge(
        "stemma_zones",
        "Zones: served; expired, no primary has confirmed them for too long; missing, never transferred.",
    );
    for (standing, word) in STANDINGS {
        let count = zones.iter().filter(|zone| zone.standing == standing);
        page.sample(&[("standing", word)], count.count());
    }
    let records: usize = zones.iter().filter_map(|zone| zone.records).sum();
    let octets: usize = zones.iter().filter_map(|zone| zone.octets).sum();
    page.gauge("stemma_records", "Records held, of all zones.")
        .sample(&[], records);
    page.gauge("stemma_zones_bytes", "Memory that the zones take.")
        .sample(&[], octets);
    let failing = zones.iter().filter(|zone| zone.last_failure.is_some());
    page.gauge(
        "stemma_zones_failing",
        "Zones whose primaries were of no help when they were last asked.",
    )
    .sample(&[], failing.count());
    write_each(page, &told(zones));
}

const STANDINGS: [(Standing, &str); 3] = [
    (Standing::Served, "served"),
    (Standing::Expired, "expired"),
    (Standing::Missing, "missing"),
];

fn told(zones: &[ZoneStatus]) -> Vec<&ZoneStatus> {
    let all_fit = zones.len() <= ZONES_TOLD;
    let is_told = |zone: &&ZoneStatus| all_fit || zone.standing != Standing::Served;
    zones.iter().filter(is_told).take(ZONES_TOLD).collect()
}

fn write_each(page: &mut Page, told: &[&ZoneStatus]) {
    page.gauge(
        "stemma_zones_told",
        "Zones that the following metrics tell of; of more than 1,000 only those that are not served.",
    )
    .sample(&[], told.len());
    page.gauge("stemma_zone_serial", "The serial that is held.");
    each(page, told, |zone| zone.serial.map(u64::from));
    page.gauge(
        "stemma_zone_records",
        "Records of the version that is held.",
    );
    each(page, told, |zone| Some(zone.records? as u64));
    page.gauge(
        "stemma_zone_expires_seconds",
        "Until the zone is no longer answered from, unless a primary confirms it.",
    );
    each(page, told, |zone| zone.expires_in_secs.map(u64::from));
}

fn each(page: &mut Page, told: &[&ZoneStatus], value: impl Fn(&ZoneStatus) -> Option<u64>) {
    for zone in told {
        if let Some(value) = value(zone) {
            page.sample(&[("zone", &zone.zone)], value);
        }
    }
}
