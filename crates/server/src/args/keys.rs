//! Options about the keys of signed messages.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use tsig::Key;

use crate::keys::KeysConfig;

/// The keys of signed messages.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// File with keys of signed messages (TSIG), as `zonetool key new` writes it; may be given several times; read again at SIGHUP
    #[arg(long, value_name = "FILE", requires = "serving")]
    keys: Vec<PathBuf>,

    /// Key of signed messages; may be given several times. Whoever can list processes sees it: better have a file
    #[arg(long, value_name = "NAME:ALGORITHM:SECRET", requires = "serving", value_parser = KeyParser)]
    key: Vec<Arc<Key>>,
}

impl KeyArgs {
    pub(super) fn is_any(&self) -> bool {
        !self.keys.is_empty() || !self.key.is_empty()
    }

    pub(super) fn config(&self) -> KeysConfig {
        KeysConfig {
            files: self.keys.clone(),
            said: self.key.clone(),
            are_more: false,
        }
    }
}

/// Reads a key, and does not say the text again that is none: there is a secret in it.
#[derive(Debug, Clone, Copy)]
struct KeyParser;

impl TypedValueParser for KeyParser {
    type Value = Arc<Key>;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        text: &OsStr,
    ) -> Result<Arc<Key>, clap::Error> {
        let read = text.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        let read = read.and_then(|text| tsig::text::read_key(text).map_err(|why| why.to_string()));
        read.map(Arc::new).map_err(|why| {
            let why = format!("this is no key: {why}\n");
            command.clone().error(ErrorKind::ValueValidation, why)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::args::tests::read;

    #[test]
    fn a_key_that_is_none_is_not_said_again() {
        let read = |key: &str| read(&["--key", key]);
        let args = read("web._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==");
        let args = format!("{:?}", args.expect("a key"));
        assert!(
            args.contains("web._update") && !args.contains("AAEC"),
            "{args}"
        );
        let why = read("web:SHA999:AAECAwQF").expect_err("none").to_string();
        assert!(why.contains("SHA999") && !why.contains("AAEC"), "{why}");
    }
}
