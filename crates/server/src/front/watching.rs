//! Who watches a program: at its control socket, over HTTP, and the service manager.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::cookies::{Mint, Rotation, Source};
use crate::failure::Failure;
use crate::http::Listener;
use crate::program::Program;
use crate::system::manager::{Reporter, ServiceManager};
use crate::telling::control::{self, Control};
use crate::telling::http;
use crate::tls::{Keeper, Renewal};

/// Where others than resolvers ask, not open yet.
pub struct Doors {
    pub(super) control: Option<control::Bound>,
    pub(super) http: Option<TcpListener>,
    pub(super) making: (Mint, Source),
}

/// The threads around the answering ones. Dropping them ends them.
#[derive(Debug)]
pub struct Watchers {
    reporter: Option<Reporter>,
    renewal: Option<Renewal>,
    rotation: Rotation,
    /// They live as long as this does.
    _open: (Option<Control>, Option<Listener>),
}

impl Doors {
    /// Has the program watched: at its control socket, over HTTP, and by the service manager. A certificate is looked at each
    /// `poll`.
    ///
    /// # Errors
    /// [`Failure::System`] if a thread cannot be made.
    pub fn open(
        self,
        program: &Arc<dyn Program>,
        manager: Option<ServiceManager>,
        poll: Duration,
    ) -> Result<Watchers, Failure> {
        let serve_http = |listener| http::serve(listener, Arc::clone(program));
        let report = |manager| Reporter::start(manager, Arc::clone(program));
        let renew = |keeper: &Arc<Keeper>| Renewal::start(Arc::clone(keeper), poll);
        let (mint, source) = self.making;
        let http = self.http.map(serve_http).transpose();
        let http = http.map_err(Failure::system)?;
        let control = self.control.map(|it| it.serve(Arc::clone(program)));
        let reporter = manager.map(report).transpose().map_err(Failure::system)?;
        Ok(Watchers {
            reporter,
            renewal: program.front().tls.as_ref().map(renew),
            rotation: Rotation::start(mint, source),
            _open: (control, http),
        })
    }
}

impl Watchers {
    /// Has the files with the secret of cookies, the certificate and its key read again.
    pub fn read_again(&self) {
        self.rotation.read_again();
        self.renewal.iter().for_each(Renewal::read_again);
    }

    /// Tells the service manager of a reload, when so many had begun.
    pub fn reloading(&self, begun: u64) {
        self.reporter.iter().for_each(|it| it.reloading(begun));
    }

    /// Tells the service manager that the program stops.
    pub fn stopping(&mut self) {
        self.reporter = None;
    }
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Doors")
    }
}
