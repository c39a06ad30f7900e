//! Options about what forges and repositories bring: pushes that are told of, and keys.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::webhook::WebhookConfig;

/// What forges and repositories bring.
#[derive(Debug, Args)]
pub(super) struct ForgeArgs {
    /// Address to be told of pushes on over HTTP, by webhooks of GitHub, Gitea, Forgejo and GitLab; the repository is looked at then [default: nowhere]
    #[arg(
        long,
        value_name = "ADDR:PORT",
        requires = "repo",
        requires = "webhook_secret"
    )]
    webhook: Option<SocketAddr>,

    /// File with the secret that the forge signs with, or with two while one is replaced; read again at SIGHUP
    #[arg(long, value_name = "FILE", requires = "webhook")]
    webhook_secret: Option<PathBuf>,

    /// Take keys of signed messages from files _keys of the repository, too, as MirageOS' ocaml-dns has them. Whoever can read the repository has them
    #[arg(long, requires = "repo")]
    pub(super) keys_in_repository: bool,
}

impl ForgeArgs {
    pub(super) fn webhook(&self) -> Option<WebhookConfig> {
        let (address, secret) = (self.webhook?, self.webhook_secret.clone()?);
        Some(WebhookConfig { address, secret })
    }
}
