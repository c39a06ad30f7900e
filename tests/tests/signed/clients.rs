//! Other people's clients, who believe what we sign and sign what we believe.

use std::path::Path;
use std::process::Command;

use tests::process::run;
use tsig::{Algorithm, Dialect};

use crate::keys::{Shared, ring};
use crate::our_server::{Manner, OurServer, ring_of};

const MANNER: Manner = Manner {
    ahead_secs: 0,
    messages: 250,
    gap: 0,
    is_changed: false,
};

fn dig(program: &str, server: &OurServer, key: &str, rtype: &str) -> String {
    let port = server.address.port().to_string();
    let mut command = Command::new(program);
    command.args([
        "@127.0.0.1",
        "-p",
        &port,
        "+tcp",
        "+norecurse",
        "-y",
        key,
        "example.org",
        rtype,
    ]);
    let limits: &[&str] = if program == "dig" {
        &["+tries=1", "+time=10"]
    } else {
        &["+retry=0", "+timeout=10"]
    };
    run(command.args(limits)).1
}

/// As `-y` has it.
fn text(shared: &Shared) -> String {
    format!(
        "{}:{}:{}",
        shared.algorithm.configuration_name(),
        shared.name,
        shared.base64()
    )
}

const PROGRAMS: [&str; 2] = ["dig", "kdig"];

/// What they say of a signature that they do not believe.
fn complains(said: &str) -> bool {
    let said = said.to_lowercase();
    let words = [
        ";; couldn't",
        "; transfer failed",
        ";; error",
        ";; warning",
        "update failed",
    ];
    words.iter().any(|word| said.contains(word))
}

#[test]
fn questions_and_answers_of_each_algorithm() {
    let server = OurServer::start(ring(), MANNER);
    for program in PROGRAMS {
        for shared in Shared::all() {
            let said = dig(program, &server, &text(&shared), "SOA");
            assert!(
                said.contains("IN\tSOA") && !complains(&said),
                "{program}: {said}"
            );
            assert_eq!(server.seen(), Ok(format!("{}.", shared.name)), "{program}");
        }
    }
}

/// BIND's names for MACs that are cut off: `hmac-sha256-128`.
#[test]
fn macs_that_are_cut_off() {
    for algorithm in Algorithm::ALL {
        let octets = algorithm.least_octets();
        let shared = Shared::of(algorithm);
        let key = shared.key().with_mac_octets(octets).unwrap();
        let server = OurServer::start(ring_of(key, Dialect::Chained), MANNER);
        let bits = format!(
            "{}-{}:{}:{}",
            algorithm.configuration_name(),
            8 * octets,
            shared.name,
            shared.base64()
        );
        let said = dig("dig", &server, &bits, "SOA");
        assert!(said.contains("IN\tSOA") && !complains(&said), "{said}");
        assert_eq!(server.seen(), Ok(format!("{}.", shared.name)));
    }
}

/// `kdig` looks at no signature of a transfer.
#[test]
fn transfers_with_any_gap() {
    let key = text(&Shared::of(Algorithm::Sha256));
    for gap in [0, 1, 99] {
        let server = OurServer::start(ring(), Manner { gap, ..MANNER });
        let said = dig("dig", &server, &key, "AXFR");
        assert!(
            said.contains("host-249") && !complains(&said),
            "gap {gap}: {said}"
        );
        let changed = Manner {
            gap,
            is_changed: true,
            ..MANNER
        };
        let said = dig("dig", &OurServer::start(ring(), changed), &key, "AXFR");
        assert!(complains(&said), "gap {gap}: {said}");
        assert_eq!(python(&server, "chained"), "believed 250");
        let said = python(&OurServer::start(ring(), changed), "chained");
        assert_eq!(said, "BadSignature");
    }
}

/// The other dialect is that of MirageOS only: each message is signed as if it were the only one, which dnspython can be told.
#[test]
fn the_other_dialect_is_what_it_says_and_nobody_else_s() {
    let shared = Shared::of(Algorithm::Sha256);
    let server = OurServer::start(ring_of(shared.key(), Dialect::EachAlone), MANNER);
    let said = dig("dig", &server, &text(&shared), "AXFR");
    assert!(complains(&said), "{said}");
    assert_eq!(python(&server, "chained"), "BadSignature");
    assert_eq!(python(&server, "alone"), "believed 250");
    let server = OurServer::start(ring(), MANNER);
    assert_eq!(python(&server, "alone"), "BadSignature");
}

/// A transfer to dnspython: how many messages it believed, or what it did not.
fn python(server: &OurServer, dialect: &str) -> String {
    let shared = Shared::of(Algorithm::Sha256);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signed/transfer.py");
    let port = server.address.port().to_string();
    let mut command = Command::new("/usr/bin/python3");
    let (succeeded, said) =
        run(command.args([script, &port, &shared.name, &shared.base64(), dialect]));
    assert!(succeeded, "{said}");
    said.trim().to_owned()
}

#[test]
fn they_understand_what_is_wrong() {
    let shared = Shared::of(Algorithm::Sha256);
    let unknown = shared.clone().with_name("nobody");
    let other = shared.clone().with_secret(b"another");
    let late = Manner {
        ahead_secs: 1000,
        ..MANNER
    };
    for (key, manner, word) in [
        (&unknown, MANNER, "BADKEY"),
        (&other, MANNER, "BADSIG"),
        (&shared, late, "BADTIME"),
    ] {
        let server = OurServer::start(ring(), manner);
        for program in PROGRAMS {
            let said = dig(program, &server, &text(key), "SOA");
            assert!(said.contains(word), "{program}: {said}");
            assert!(server.seen().is_err(), "{program}");
        }
    }
}

/// Updates are signed and acknowledged.
#[test]
fn updates_of_two_programs() {
    let shared = Shared::of(Algorithm::Sha512);
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    for program in ["nsupdate", "knsupdate"] {
        let server = OurServer::start(ring(), MANNER);
        std::fs::write(&script, update(&server)).unwrap();
        let (succeeded, said) = run(Command::new(program)
            .args(["-v", "-y", &text(&shared)])
            .arg(&script));
        assert!(succeeded && !complains(&said), "{program}: {said}");
        assert_eq!(server.seen(), Ok(format!("{}.", shared.name)), "{program}");
    }
}

fn update(server: &OurServer) -> String {
    let port = server.address.port();
    format!(
        "server 127.0.0.1 {port}\nzone example.org.\nupdate add new.example.org. 300 A 192.0.2.1\nsend\n"
    )
}

/// BIND reads the key files that we write.
#[test]
fn key_files_of_ours() {
    let shared = Shared::of(Algorithm::Sha384);
    let key = shared.key().with_mac_octets(32).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, script) = (folder.path().join("key"), folder.path().join("script"));
    let mut text = String::new();
    tsig::text::write_bind_key(&key, &mut text).unwrap();
    std::fs::write(&file, text).unwrap();
    let server = OurServer::start(ring_of(key, Dialect::Chained), MANNER);
    std::fs::write(&script, update(&server)).unwrap();
    let (succeeded, said) = run(Command::new("nsupdate")
        .args(["-v", "-k"])
        .args([&file, &script]));
    assert!(succeeded, "{said}");
    assert_eq!(server.seen(), Ok(format!("{}.", shared.name)));
}

/// And we read those of `tsig-keygen`.
#[test]
fn key_files_of_bind() {
    for algorithm in Algorithm::ALL {
        let program = "/usr/sbin/tsig-keygen";
        let arguments = [
            "-a",
            algorithm.configuration_name(),
            "web._update.example.org",
        ];
        let (succeeded, text) = run(Command::new(program).args(arguments));
        assert!(succeeded, "{text}");
        let keys = tsig::text::read_keys(text.as_bytes()).unwrap();
        let key = keys.iter().next().unwrap();
        assert_eq!(
            (key.algorithm(), key.name().to_string()),
            (algorithm, "web._update.example.org.".to_owned())
        );
        assert!(key.secret().expose().len() >= 20, "as long as the hash");
    }
    assert!(Path::new("/usr/sbin/tsig-keygen").exists());
}
