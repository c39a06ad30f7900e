//! What a running primary can be asked and told at its control socket.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;
pub use server::control::StatusFormat;
use server::control::{self, Shown};

use crate::config::PROGRAM;
use crate::failure::Failure;
use crate::telling::status::Status;

/// The socket where it is usually: `/run/stemma-primary.sock` for root, else below `XDG_RUNTIME_DIR`.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    control::default_path(PROGRAM)
}

impl Shown for Status {
    fn is_good(&self) -> bool {
        self.is_good()
    }
}

/// Prints the status of the server at `path`: exit code 0 if every zone is good, 1 if not.
///
/// # Errors
/// [`server::Failure::NotRunning`] if nobody answers there.
pub fn print_status(path: &Path, format: StatusFormat) -> Result<ExitCode, Failure> {
    Ok(control::print_status::<Status>(PROGRAM, path, format)?)
}

/// Has the server at `path` take in a commit that it has refused, and what was made on it. Gives the commit's id; of
/// `digits` at least four are wanted.
///
/// # Errors
/// [`server::Failure::NotRunning`] if nobody answers there, [`server::Failure::Declined`] if it is not that commit that is refused.
pub fn accept(path: &Path, digits: &str) -> Result<String, Failure> {
    let text = control::ask(PROGRAM, path, &format!("accept {digits}"))?;
    let answer: Value = control::read_answer(PROGRAM, path, &text)?;
    let why = match (answer["accepted"].as_str(), answer["error"].as_str()) {
        (Some(id), _) => return Ok(id.to_owned()),
        (None, Some(why)) => why,
        (None, None) => "it does not know how to accept a commit; is it an older version?",
    };
    Err(server::Failure::Declined(why.to_owned()).into())
}
