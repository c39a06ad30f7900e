//! Options about who is told of changes.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use rr::Name;

use super::read_address_with;
use crate::announcing::{Notified, NotifyConfig};

/// Above these options and those about transfers in the help.
pub(super) const HEADING: &str = "Secondaries";

/// Who is told of changes.
#[derive(Debug, Args)]
pub(super) struct NotifyArgs {
    /// Who is told of each change (NOTIFY), signed with the key of that name if there is one; may be given several times
    #[arg(long, value_name = "ADDR[:PORT][,KEY]", help_heading = HEADING, requires = "serving", value_parser = read_notified)]
    notify: Vec<Notified>,

    /// Whether the name servers of a zone are told, by the addresses that zones served here have for them
    #[arg(
        long,
        value_name = "WHETHER",
        help_heading = HEADING,
        requires = "serving",
        default_value = "on",
        hide_possible_values = true
    )]
    notify_ns: Whether,

    /// Port of servers that zones, and names of keys, say are to be told
    #[arg(long, value_name = "PORT", help_heading = HEADING, requires = "serving", default_value_t = 53, value_parser = clap::value_parser!(u16).range(1..))]
    notify_port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Whether {
    On,
    Off,
}

impl NotifyArgs {
    pub(super) fn config(&self) -> NotifyConfig {
        NotifyConfig {
            notified: self.notify.clone(),
            tells_name_servers: self.notify_ns == Whether::On,
            port: self.notify_port,
        }
    }
}

fn read_notified(text: &str) -> Result<Notified, String> {
    let (address, key) = match text.split_once(',') {
        None => (text, None),
        Some((address, key)) => {
            let key = Name::from_text(key);
            (
                address,
                Some(key.map_err(|why| format!("the name of the key is none: {why}"))?),
            )
        }
    };
    let address: SocketAddr = read_address_with(address, 53)?;
    Ok(Notified { address, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told() {
        let told = |text: &str| {
            let told = read_notified(text)?;
            Ok::<_, String>((
                told.address.to_string(),
                told.key.map(|key| key.to_string()),
            ))
        };
        let some = |address: &str, key: Option<&str>| Ok((address.into(), key.map(Into::into)));
        assert_eq!(told("192.0.2.1"), some("192.0.2.1:53", None));
        let key = Some("a._transfer.example.org.");
        assert_eq!(
            told("[2001:db8::1]:5300,a._transfer.example.org"),
            some("[2001:db8::1]:5300", key)
        );
        for wrong in ["", "ns.example.org", "192.0.2.1,a..b", ",key"] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }
}
