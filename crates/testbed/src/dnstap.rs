//! Who takes copies of questions and answers (dnstap): `fstrm_capture`, read by BIND's `dnstap-read`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Process, must_run};
use crate::{PATIENCE, poll};

/// The real program at the other end of a socket.
#[derive(Debug)]
pub struct Capture {
    process: Process,
    file: PathBuf,
}

impl Capture {
    /// Listens at `socket`, and writes what it takes to `file`.
    pub fn start(socket: &Path, file: PathBuf) -> Capture {
        let mut command = Command::new("fstrm_capture");
        command.args(["-t", "protobuf:dnstap.Dnstap", "-u"]);
        command.arg(socket).arg("-w").arg(&file);
        let process = Process::start(&mut command, file.with_extension("log"));
        poll(|| match socket.exists() {
            true => Ok(()),
            false => Err(process.log()),
        });
        Capture { process, file }
    }

    /// Ends it, and gives what it has taken: a line for each frame.
    pub fn finish(mut self) -> Vec<String> {
        self.process.signal("TERM");
        self.process.wait(PATIENCE);
        let text = must_run(Command::new("dnstap-read").arg(&self.file));
        text.lines().map(str::to_owned).collect()
    }
}
