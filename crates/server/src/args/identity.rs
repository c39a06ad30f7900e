//! What the server says of itself to who asks.

use authority::Nsid;
use clap::Args;

/// What it answers about itself.
#[derive(Debug, Args)]
pub(super) struct IdentityArgs {
    /// What id.server and hostname.bind answer [default: they are refused]
    #[arg(long, value_name = "TEXT", value_parser = read_short_text)]
    id: Option<String>,

    /// What version.server and version.bind answer [default: they are refused]
    #[arg(long, value_name = "TEXT", value_parser = read_short_text)]
    version_bind: Option<String>,
}

impl IdentityArgs {
    pub(super) fn read(&self) -> (Option<String>, Option<String>) {
        (self.id.clone(), self.version_bind.clone())
    }
}

/// What NSID answers (RFC 5001): `revision` is the program's word for the version of the zone.
///
/// # Errors
/// What to write instead.
pub fn read_nsid(text: &str, revision: &str) -> Result<Nsid, String> {
    match text {
        text if text == revision => Ok(Nsid::Revision),
        "off" => Ok(Nsid::Silent),
        text if (1..=128).contains(&text.len()) => Ok(Nsid::Octets(text.as_bytes().into())),
        _ => Err("write 1 to 128 octets".into()),
    }
}

fn read_short_text(text: &str) -> Result<String, String> {
    match text.len() {
        1..=255 => Ok(text.to_owned()),
        _ => Err("write 1 to 255 octets".into()),
    }
}
