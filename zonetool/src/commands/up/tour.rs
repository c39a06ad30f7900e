//! Things to try, as commands that work when they are pasted into another terminal.

use super::ground::{Ground, ZONE};
use crate::console::{BLUE, BOLD, Console};
use crate::repository::quoted;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Says what runs and what to try.
pub(super) fn print(
    ground: &Ground,
    wanted: u16,
    [listen, metrics]: [SocketAddr; 2],
    console: &mut Console<'_>,
) -> io::Result<()> {
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
        "\n{heading} Four things to try in another terminal:"
    )?;
    for (title, commands) in lessons(ground, listen) {
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

fn lessons(ground: &Ground, listen: SocketAddr) -> [(&'static str, Vec<String>); 4] {
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
        format!("{zonetool} query @{listen} hello.{ZONE} TXT"),
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
            "Edit, let the serial be raised, commit, push, and ask again:",
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
    ]
}
