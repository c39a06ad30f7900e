//! Options about the catalog.

use clap::Args;
use rr::Name;

/// Where all zones are listed.
#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    /// Name of a zone that lists all zones, for secondaries that follow it (a catalog, RFC 9432); only they get it [default: none]
    #[arg(long, value_name = "NAME", help_heading = "Secondaries", requires = "repo", value_parser = read_name)]
    pub(super) catalog: Option<Name>,
}

fn read_name(text: &str) -> Result<Name, String> {
    Name::from_text(text).map_err(|why| why.to_string())
}
