//! Things to try, as commands that work when they are pasted into another terminal.

use super::bind;
use super::ground::{Ground, ZONE};
use super::serve::Addresses;
use crate::console::{BLUE, BOLD, Console};
use crate::repository::quoted;
use std::io;
use std::path::PathBuf;

/// Says what runs and what to try.
pub(super) fn print(
    ground: &Ground,
    wanted: u16,
    addresses: &Addresses,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let (listen, metrics) = (addresses.primary, addresses.metrics);
    if wanted != 0 && listen.port() != wanted {
        writeln!(
            console.out,
            "port {wanted} cannot be had, so it is {} today",
            listen.port()
        )?;
    }
    let heading = console.paint(BOLD, format!("Serving on {listen}, UDP and TCP."));
    writeln!(
        console.out,
        "\n{heading} Secondaries follow on {} and {}.",
        addresses.secondaries[0], addresses.secondaries[1]
    )?;
    writeln!(console.out, "Six things to try in another terminal:")?;
    for (title, commands) in lessons(ground, addresses) {
        let title = console.paint(BLUE, title);
        writeln!(console.out, "\n{title}")?;
        commands
            .iter()
            .try_for_each(|command| writeln!(console.out, "    {command}"))?;
    }
    writeln!(
        console.out,
        "\nHow the server fares: http://{metrics}/metrics"
    )?;
    writeln!(console.out, "\nCtrl-C stops. What is served:")?;
    console.out.flush()
}

/// All of them, as `wait` takes them.
fn servers(addresses: &Addresses) -> String {
    let all = [addresses.primary].into_iter().chain(addresses.secondaries);
    all.map(|address| format!(" --ns {address}")).collect()
}

/// A title, and what to type.
type Lesson = (&'static str, Vec<String>);

fn lessons(ground: &Ground, addresses: &Addresses) -> [Lesson; 6] {
    let words = Words {
        zonetool: quoted(&std::env::current_exe().unwrap_or_else(|_| PathBuf::from("zonetool"))),
        folder: quoted(&ground.clone),
        file: format!("zones/{ZONE}"),
        addresses,
    };
    [
        words.ask(),
        words.edit(),
        words.mistake(),
        words.undo(),
        words.update(ground),
        words.bind(ground),
    ]
}

/// What the lessons are made of.
struct Words<'a> {
    zonetool: String,
    folder: String,
    file: String,
    addresses: &'a Addresses,
}

impl Words<'_> {
    fn ask(&self) -> Lesson {
        let (zonetool, listen) = (&self.zonetool, self.addresses.primary);
        let port = listen.port();
        let commands = vec![
            format!("dig @127.0.0.1 -p {port} +norecurse www.{ZONE}"),
            format!("{zonetool} query @{listen} www.{ZONE}"),
        ];
        ("Ask (with dig, or without):", commands)
    }

    fn edit(&self) -> Lesson {
        let (zonetool, folder, file) = (&self.zonetool, &self.folder, &self.file);
        let secondary = self.addresses.secondaries[0];
        let commands = vec![
            format!("cd {folder}"),
            format!("echo \"hello IN TXT \\\"Hello from Git, $(date +%T)\\\"\" >> {file}"),
            format!("{zonetool} check --fix"),
            "git commit -qam 'Say hello' && git push -q".to_owned(),
            format!("{zonetool} wait{}", servers(self.addresses)),
            format!("{zonetool} query @{secondary} hello.{ZONE} TXT"),
        ];
        let title = "Edit, let the serial be raised, commit, push, wait until all have it, and ask a secondary:";
        (title, commands)
    }

    fn mistake(&self) -> Lesson {
        let commands = vec![
            format!("cd {}", self.folder),
            format!("echo 'www IN CNAME web' >> {}", self.file),
            "git commit -qam 'Break it' && git push -q".to_owned(),
            "git reset -q --hard @{upstream}".to_owned(),
        ];
        let title = "Make a mistake, see the push refused, and take it back:";
        (title, commands)
    }

    fn undo(&self) -> Lesson {
        let commands = vec![
            format!("cd {}", self.folder),
            "git revert --no-edit HEAD && git push -q".to_owned(),
            format!("{} serial {ZONE}", self.zonetool),
            format!("{} blame www.{ZONE}", self.zonetool),
        ];
        let title = "Take the edit back: the serial still rises. And see who did what:";
        (title, commands)
    }

    fn update(&self, ground: &Ground) -> Lesson {
        let (zonetool, listen, keys) =
            (&self.zonetool, self.addresses.primary, quoted(&ground.keys));
        let add = "--add 'hi 300 TXT \"Hello from a program\"'";
        let commands = vec![
            format!("cd {}", self.folder),
            format!("{zonetool} update @{listen} --keys {keys} --zone {ZONE} {add}"),
            "git pull -q && git show".to_owned(),
        ];
        let title =
            "Change a record as programs do, by a signed message (RFC 2136), and see the commit:";
        (title, commands)
    }

    fn bind(&self, ground: &Ground) -> Lesson {
        let (zonetool, folder, bind) = (&self.zonetool, &self.folder, self.addresses.bind);
        let configuration = quoted(&bind::configuration(ground));
        let commands = vec![
            format!("/usr/sbin/named -c {configuration}"),
            format!("{zonetool} wait --zone {ZONE} --repo {folder} --ns {bind}"),
            format!("kill $(cat {}/named.pid)", quoted(&ground.bind)),
        ];
        ("Have BIND follow as well, if it is installed:", commands)
    }
}
