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

fn lessons(ground: &Ground, addresses: &Addresses) -> [(&'static str, Vec<String>); 6] {
    let listen = addresses.primary;
    let zonetool = quoted(&std::env::current_exe().unwrap_or_else(|_| PathBuf::from("zonetool")));
    let folder = quoted(&ground.clone);
    let file = format!("zones/{ZONE}");
    let port = listen.port();
    let ask = vec![
        format!("dig @127.0.0.1 -p {port} +norecurse www.{ZONE}"),
        format!("{zonetool} query @{listen} www.{ZONE}"),
    ];
    let edit = vec![
        format!("cd {folder}"),
        format!("echo \"hello IN TXT \\\"Hello from Git, $(date +%T)\\\"\" >> {file}"),
        format!("{zonetool} check --fix"),
        "git commit -qam 'Say hello' && git push -q".to_owned(),
        format!("{zonetool} wait{}", servers(addresses)),
        format!(
            "{zonetool} query @{} hello.{ZONE} TXT",
            addresses.secondaries[0]
        ),
    ];
    let update = vec![
        format!("cd {folder}"),
        format!(
            "{zonetool} update @{listen} --keys {} --zone {ZONE} --add 'hi 300 TXT \"Hello from a program\"'",
            quoted(&ground.keys)
        ),
        "git pull -q && git show".to_owned(),
    ];
    let bind = vec![
        format!(
            "/usr/sbin/named -c {}",
            quoted(&bind::configuration(ground))
        ),
        format!(
            "{zonetool} wait --zone {ZONE} --repo {folder} --ns {}",
            addresses.bind
        ),
        format!("kill $(cat {}/named.pid)", quoted(&ground.bind)),
    ];
    let mistake = vec![
        format!("cd {folder}"),
        format!("echo 'www IN CNAME web' >> {file}"),
        "git commit -qam 'Break it' && git push -q".to_owned(),
        "git reset -q --hard @{upstream}".to_owned(),
    ];
    let undo = vec![
        format!("cd {folder}"),
        "git revert --no-edit HEAD && git push -q".to_owned(),
        format!("{zonetool} serial {ZONE}"),
        format!("{zonetool} blame www.{ZONE}"),
    ];
    [
        ("Ask (with dig, or without):", ask),
        (
            "Edit, let the serial be raised, commit, push, wait until all have it, and ask a secondary:",
            edit,
        ),
        (
            "Make a mistake, see the push refused, and take it back:",
            mistake,
        ),
        (
            "Take the edit back: the serial still rises. And see who did what:",
            undo,
        ),
        (
            "Change a record as programs do, by a signed message (RFC 2136), and see the commit:",
            update,
        ),
        ("Have BIND follow as well, if it is installed:", bind),
    ]
}
