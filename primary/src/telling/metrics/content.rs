//! What is served: the commit, and the zones.

use git_store::ZoneName;
use server::metrics::Page;

use crate::event::Distrust;
use crate::loading::signers::Told;
use crate::telling::board::{Board, Held};
use crate::telling::status::Standing;

/// Zones that are told one by one; of more only those that are not right, up to as many again.
const ZONES_TOLD: usize = 1000;

pub(super) fn write(page: &mut Page, board: &Board) {
    write_commit(page, board);
    write_totals(page, board);
    let told = told(board);
    page.gauge(
        "stemma_zones_told",
        "Zones that the following metrics tell of; of more than 1,000 only those that are not right.",
    )
    .sample(&[], told.len());
    write_zones(page, &told);
}

fn write_commit(page: &mut Page, board: &Board) {
    page.gauge("stemma_commit_info", "The newest commit that was read.");
    let id = board.commit.as_ref().map(|commit| commit.id.to_string());
    id.iter().for_each(|id| {
        page.sample(&[("commit", id)], 1);
    });
    page.gauge(
        "stemma_commit_timestamp_seconds",
        "When that commit was written, in seconds since 1970, as its author says.",
    );
    board.commit.iter().for_each(|commit| {
        page.sample(&[], commit.author.time_secs);
    });
    page.gauge(
        "stemma_branch_readable",
        "Whether the branch and its newest commit could be read at the last attempt; what is served stays when not.",
    )
    .sample(&[], u8::from(board.trouble.is_none()));
}

/// Whether the branch is at a commit that is not trusted, and why.
pub(super) fn write_trust(page: &mut Page, board: &Board, signers: Option<&Told>) {
    let why = board.refused.as_ref().map(|refusal| &refusal.why);
    let is_rewritten = matches!(why, Some(Distrust::Rewritten));
    let is_unsigned = matches!(why, Some(Distrust::Unsigned { .. }));
    page.gauge(
        "stemma_commit_refused",
        "Whether the branch is at a commit that is not taken in: history was rewritten, or a commit is not signed by who may.",
    )
    .sample(&[("reason", "rewritten")], u8::from(is_rewritten))
    .sample(&[("reason", "unsigned")], u8::from(is_unsigned));
    if let Some(signers) = signers {
        page.gauge(
            "stemma_allowed_signers",
            "Keys that commits may be signed with.",
        )
        .sample(&[], signers.keys);
        page.gauge(
            "stemma_allowed_signers_readable",
            "Whether the file with those keys made sense when it was last read; what it said before holds when not.",
        )
        .sample(&[], u8::from(signers.trouble.is_none()));
    }
}

fn write_totals(page: &mut Page, board: &Board) {
    page.gauge(
        "stemma_zones",
        "Zones: good, as in the newest commit; kept, at their last good commit; not-served, never right.",
    );
    for standing in [Standing::Good, Standing::Kept, Standing::NotServed] {
        let count = board
            .zones
            .values()
            .filter(|held| held.standing() == standing);
        page.sample(&[("standing", word(standing))], count.count());
    }
    let served = || board.zones.values().filter_map(|held| held.served.as_ref());
    let records: usize = served().map(|served| served.records).sum();
    let octets: usize = served().map(|served| served.octets).sum();
    page.gauge("stemma_records", "Records served, of all zones.")
        .sample(&[], records);
    page.gauge("stemma_zones_bytes", "Memory that the zones take.")
        .sample(&[], octets);
    let of_zones: usize = board.zones.values().map(findings).sum();
    page.gauge(
        "stemma_findings",
        "Findings that are not repaired: in versions of zones that are not served, and about files that are no zone's.",
    )
    .sample(&[("about", "zones")], of_zones)
    .sample(&[("about", "layout")], board.layout.len());
}

/// All zones, or where there are too many, those that are not right.
fn told(board: &Board) -> Vec<(&ZoneName, &Held)> {
    let all_fit = board.zones.len() <= ZONES_TOLD;
    let is_told = |held: &Held| all_fit || held.standing() != Standing::Good;
    let told = board.zones.iter().filter(|(_, held)| is_told(held));
    told.take(ZONES_TOLD).collect()
}

fn write_zones(page: &mut Page, told: &[(&ZoneName, &Held)]) {
    page.gauge(
        "stemma_zone_info",
        "How a zone fares, and the commit that its served version was read from.",
    );
    for (zone, held) in told {
        let commit = held.served.as_ref().map(|served| served.commit.to_string());
        let labels = [
            ("zone", zone.as_str()),
            ("standing", word(held.standing())),
            ("commit", commit.as_deref().unwrap_or("")),
        ];
        page.sample(&labels, 1);
    }
    page.gauge(
        "stemma_zone_good",
        "Whether a zone is served as it is in the newest commit.",
    );
    each(page, told, |held| {
        Some(usize::from(held.standing() == Standing::Good))
    });
    page.gauge("stemma_zone_serial", "The serial that is served.");
    each(page, told, |held| {
        Some(held.served.as_ref()?.serial as usize)
    });
    page.gauge("stemma_zone_records", "Records of the served version.");
    each(page, told, |held| Some(held.served.as_ref()?.records));
    page.gauge(
        "stemma_zone_ephemeral_records",
        "Those of them that are served and in no commit.",
    );
    each(page, told, |held| Some(held.served.as_ref()?.ephemeral));
    page.gauge(
        "stemma_zone_findings",
        "Findings in the newest version, where that is not served.",
    );
    each(page, told, |held| {
        held.broken.is_some().then(|| findings(held))
    });
}

fn each(page: &mut Page, told: &[(&ZoneName, &Held)], value: impl Fn(&Held) -> Option<usize>) {
    for (zone, held) in told {
        if let Some(value) = value(held) {
            page.sample(&[("zone", zone.as_str())], value);
        }
    }
}

fn findings(held: &Held) -> usize {
    held.broken
        .as_ref()
        .map_or(0, |broken| broken.reports.len())
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Good => "good",
        Standing::Kept => "kept",
        Standing::NotServed => "not-served",
    }
}
