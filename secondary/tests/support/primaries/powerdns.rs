//! `pdns_server` with a data base, which it reads all the time.

use std::fs;
use std::process::Command;

use testbed::git::output_of;
use testbed::peers;
use testbed::process::must_run;

use super::{CATALOG, KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn powerdns(&self) -> Command {
        if !self.path("pdns.db").exists() {
            self.sql(&(fs::read_to_string(peers::POWERDNS_TABLES).unwrap() + &keys()));
        }
        let rest = format!(
            "launch=gsqlite3\ngsqlite3-database={}\ngsqlite3-pragma-synchronous=0\nprimary=yes\nxfr-cycle-interval=1\n\
             also-notify={}\nonly-notify=\nallow-axfr-ips=\nloglevel=6\n",
            self.path("pdns.db").display(),
            self.notifies,
        );
        let command = peers::powerdns(self.folder(), self.address, rest);
        self.load();
        command
    }

    /// Zones that have come or have changed, those that are listed, and those that are gone.
    fn load(&self) {
        let quoted = |zones: &[String]| format!("('{}')", zones.join("','"));
        let mut sql = format!(
            "DELETE FROM domains WHERE name NOT IN {} AND name != '{CATALOG}';",
            quoted(&self.zones)
        );
        self.sql(&sql);
        for zone in &self.zones {
            if self.is_newer(zone) {
                let (folder, file) = (self.folder().display(), self.zone_file(zone));
                let mut load = Command::new("pdnsutil");
                load.arg(format!("--config-dir={folder}"));
                must_run(load.args(["load-zone", zone]).arg(file));
            }
        }
        sql = "UPDATE domains SET type = 'MASTER' WHERE type = 'NATIVE';".into();
        if let Some(listed) = &self.listed {
            let members = quoted(listed);
            sql += &format!(
                "INSERT OR IGNORE INTO domains (name, type) VALUES ('{CATALOG}', 'PRODUCER');
                 INSERT INTO records (domain_id, name, type, content, ttl) SELECT id, name, 'SOA', 'invalid invalid 1 3600 3600 86400 0', 0
                   FROM domains WHERE name = '{CATALOG}' AND id NOT IN (SELECT domain_id FROM records);
                 UPDATE domains SET catalog = NULL WHERE catalog IS NOT NULL AND name NOT IN {members};
                 UPDATE domains SET catalog = '{CATALOG}' WHERE catalog IS NULL AND name IN {members};"
            );
        }
        sql += &format!(
            "DELETE FROM domainmetadata;
             INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, 'TSIG-ALLOW-AXFR', '{}' FROM domains;
             INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, 'TSIG-ALLOW-AXFR', '{}' FROM domains;",
            self.notify_key(),
            if self.notify_key() == KEY { WIDE_KEY } else { KEY },
        );
        self.sql(&sql);
    }

    /// Notes of which text it was read.
    fn is_newer(&self, zone: &str) -> bool {
        let (text, noted) = (self.zone_file(zone), self.path(&format!("{zone}.loaded")));
        let text = fs::read(text).unwrap();
        let is_newer = fs::read(&noted).is_ok_and(|loaded| loaded != text) || !noted.exists();
        fs::write(noted, text).unwrap();
        is_newer
    }

    fn sql(&self, statements: &str) {
        let mut sqlite = Command::new("sqlite3");
        sqlite
            .args([
                "-bail",
                "-cmd",
                ".timeout 10000",
                "-cmd",
                "PRAGMA foreign_keys = 1",
            ])
            .arg(self.path("pdns.db"));
        output_of(
            &mut sqlite,
            format!("BEGIN IMMEDIATE;\n{statements}\nCOMMIT;\n"),
        );
    }
}

fn keys() -> String {
    let key = |name: &str| {
        format!(
            "INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('{name}', 'hmac-sha256', '{SECRET}');\n"
        )
    };
    [key(KEY), key(WIDE_KEY)].concat()
}
