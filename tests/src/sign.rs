//! Zones signed by other people's signers: we serve what they made.

use std::path::Path;
use std::process::Command;

use crate::name::Name;
use crate::peers::ZoneText;
use crate::process::must_run;

/// Who signs, and how names that do not exist are denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// BIND's `dnssec-signzone`, NSEC (RFC 4034 §4).
    Nsec,
    /// NSEC3 without salt or extra iterations (RFC 9276 §3.1).
    Nsec3,
    /// The same with opt-out (RFC 5155 §6): unsigned cuts have no NSEC3 record.
    OptOut,
    /// NSEC3 with a salt and an extra iteration, as RFC 9276 §3.1 asks nobody to do any more.
    Salted,
    /// Knot's `kzonesign`, NSEC.
    Knot,
}

impl Signer {
    /// All of them.
    pub const ALL: [Signer; 5] = [
        Signer::Nsec,
        Signer::Nsec3,
        Signer::OptOut,
        Signer::Salted,
        Signer::Knot,
    ];
}

/// Signs a zone with a fresh ECDSA P-256 key.
pub fn sign(zone: &ZoneText, signer: Signer) -> ZoneText {
    let folder = tempfile::Builder::new()
        .prefix("stemma-sign-")
        .tempdir()
        .expect("a temporary folder can be made");
    std::fs::write(folder.path().join("unsigned"), &zone.text).expect("the folder is ours");
    match signer {
        Signer::Nsec => bind(folder.path(), &zone.apex, &[]),
        Signer::Nsec3 => bind(folder.path(), &zone.apex, &["-3", "-", "-H", "0"]),
        Signer::OptOut => bind(folder.path(), &zone.apex, &["-3", "-", "-H", "0", "-A"]),
        Signer::Salted => bind(folder.path(), &zone.apex, &["-3", "ABCD", "-H", "1"]),
        Signer::Knot => knot(folder.path(), &zone.apex),
    }
    let text =
        std::fs::read_to_string(folder.path().join("signed")).expect("the signer writes text");
    ZoneText {
        apex: zone.apex.clone(),
        text,
    }
}

/// The data of the DS record of a signed zone's key-signing key, as text (RFC 4034 §5).
pub fn ds(zone: &ZoneText) -> String {
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(file.path(), &zone.text).expect("the file is ours");
    let apex = zone.apex.to_string();
    let mut command = Command::new("dnssec-dsfromkey");
    let said = must_run(command.args(["-2", "-f"]).arg(file.path()).arg(&apex));
    let record = said.lines().find_map(|line| line.split_once(" DS "));
    record
        .expect("a signed zone has a key-signing key")
        .1
        .to_owned()
}

/// The same zone with one octet of every signature changed, but for those over the keys themselves.
pub fn forged(zone: &ZoneText) -> ZoneText {
    let lines = zone.text.lines().map(|line| forged_line(line) + "\n");
    ZoneText {
        apex: zone.apex.clone(),
        text: lines.collect(),
    }
}

/// The signature is the last field; both signers write a record in a line, and BIND cuts base64 between whole octets.
fn forged_line(line: &str) -> String {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    // What is covered, then the number of the algorithm: the list of types in an NSEC names RRSIG too.
    let signs = words
        .windows(3)
        .any(|words| words[0] == "RRSIG" && words[1] != "DNSKEY" && words[2].parse::<u8>().is_ok());
    let Some((head, signature)) = line.rsplit_once(char::is_whitespace).filter(|_| signs) else {
        return line.to_owned();
    };
    let first = if signature.starts_with('A') { "B" } else { "A" };
    format!("{head} {first}{}", &signature[1..])
}

fn bind(folder: &Path, apex: &Name, denial: &[&str]) {
    let apex = apex.to_string();
    must_run(Command::new("dnssec-keygen").current_dir(folder).args([
        "-q",
        "-a",
        "ECDSAP256SHA256",
        "-f",
        "KSK",
        &apex,
    ]));
    let mut command = Command::new("dnssec-signzone");
    command.current_dir(folder).args([
        "-q", "-P", "-z", "-S", "-O", "full", "-o", &apex, "-f", "signed",
    ]);
    must_run(command.args(denial).arg("unsigned"));
}

fn knot(folder: &Path, apex: &Name) {
    let config = format!(
        "database:
    storage: \"{folder}\"
policy:
  - id: one
    single-type-signing: on
    algorithm: ecdsap256sha256
    rrsig-lifetime: 30d
    rrsig-refresh: 7d
    zone-max-ttl: 1d
zone:
  - domain: \"{apex}\"
    storage: \"{folder}\"
    file: unsigned
    dnssec-signing: on
    dnssec-policy: one
",
        folder = folder.display()
    );
    std::fs::write(folder.join("knot.conf"), config).expect("the folder is ours");
    std::fs::create_dir(folder.join("out")).expect("the folder is ours");
    let apex = apex.to_string();
    must_run(Command::new("kzonesign").current_dir(folder).args([
        "-c",
        "knot.conf",
        "-o",
        "out",
        &apex,
    ]));
    std::fs::rename(folder.join("out/unsigned"), folder.join("signed"))
        .expect("kzonesign keeps the file's name");
}
