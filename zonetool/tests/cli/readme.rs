//! The first five minutes of the project's README, replayed.
//!
//! `console` blocks are typed into one shell, the first of them being `up`; the `text` block is what `up` says meanwhile.
//! With `UPDATE_README=1` the outputs are written into the file instead of compared with it.

use crate::desk::{Desk, ZONETOOL};
use crate::up::{Named, Up};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
/// Where the page was written; any other place is called that.
const HOME: &str = "/home/ada/stemma";

#[test]
fn the_first_five_minutes_are_true() {
    let page = fs::read_to_string(README).unwrap();
    let replayed = Replay::new().page(&page);
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(README, &replayed).unwrap();
        return;
    }
    let pairs = orderless(&page).into_iter().zip(orderless(&replayed));
    for (number, (written, happened)) in pairs.enumerate() {
        assert_eq!(
            timeless(written),
            timeless(happened),
            "README.md line {}",
            number + 1
        );
    }
    assert_eq!(page.lines().count(), replayed.lines().count());
}

/// `wait` tells of servers as they get there, in any order.
fn orderless(page: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = page.lines().collect();
    let is_progress = |line: &str| line.contains(" at 127.0.0.1:") && line.ends_with(" s");
    for run in lines.chunk_by_mut(|one, other| is_progress(one) && is_progress(other)) {
        run.sort_unstable();
    }
    lines
}

/// Commit ids, times and milliseconds are different each time.
fn timeless(line: &str) -> String {
    let words = line.split(' ').map(|word| match word {
        word if word.len() >= 12 && word.chars().all(|c| c.is_ascii_hexdigit()) => "ID",
        word if word.len() == 20 && word.starts_with("20") && word.ends_with('Z') => "TIME",
        word if word.parse::<f64>().is_ok()
            && (line.contains(" ms") || line.contains("octets in") || line.ends_with(" s")) =>
        {
            "N"
        }
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

struct Replay {
    desk: Desk,
    up: Option<Up>,
    /// Ports as they are, and as the page has them.
    ports: Vec<(String, &'static str)>,
    shell: Shell,
    /// What `up` said of the last push.
    news: Vec<String>,
}

impl Replay {
    fn new() -> Replay {
        let desk = Desk::new();
        fs::create_dir_all(desk.path("target/release")).unwrap();
        symlink(ZONETOOL, desk.path("target/release/zonetool")).unwrap();
        let shell = Shell::start(&desk);
        Replay {
            desk,
            up: None,
            ports: Vec::new(),
            shell,
            news: Vec::new(),
        }
    }

    /// The page with every block as it happens now.
    fn page(mut self, page: &str) -> String {
        let mut replayed = String::new();
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            replayed += &format!("{line}\n");
            if let "```console" | "```text" = line {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                let happened = self.block(line, &block);
                replayed += &self.told(&happened);
                replayed += "```\n";
            }
        }
        drop(Named(&self.desk));
        self.up.take().expect("the page runs up").interrupt();
        replayed
    }

    /// As it would read at [`HOME`], without the blanks that Git puts behind what the other side says.
    fn told(&self, text: &str) -> String {
        let desk = fs::canonicalize(self.desk.path(""))
            .unwrap()
            .display()
            .to_string();
        let text = text
            .replace(ZONETOOL, &format!("{HOME}/target/release/zonetool"))
            .replace(&desk, HOME);
        text.lines()
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect()
    }

    fn block(&mut self, kind: &str, block: &[&str]) -> String {
        match block.first() {
            Some(first) if first.starts_with("$ cargo run ") => {
                format!("{first}\n{}", self.run_up())
            }
            _ if kind == "```text" => self.meanwhile(),
            _ => block
                .iter()
                .filter_map(|line| line.strip_prefix("$ "))
                .map(|words| self.typed(words))
                .collect(),
        }
    }

    fn run_up(&mut self) -> String {
        let mut up = Up::start(&self.desk, &["--port", "0"]);
        let mut said = up.until("What is served:");
        said.extend(up.until("serial 1"));
        let all = said.join("\n");
        let port_after = |words: &str| {
            let (_, rest) = all.split_once(words).unwrap();
            let digits = rest.split(|c: char| !c.is_ascii_digit());
            digits.into_iter().next().unwrap().to_owned()
        };
        self.ports = vec![
            (port_after("Serving on 127.0.0.1:"), "5353"),
            (
                port_after("How the server fares: http://127.0.0.1:"),
                "5354",
            ),
            (port_after("Secondaries follow on 127.0.0.1:"), "5355"),
            (port_after(" and 127.0.0.1:"), "5356"),
            (port_after("stemma-up/zones --ns 127.0.0.1:"), "5357"),
        ];
        self.up = Some(up);
        self.with_usual_port(&(said.join("\n") + "\n"))
    }

    fn meanwhile(&mut self) -> String {
        std::mem::take(&mut self.news).join("\n") + "\n"
    }

    fn typed(&mut self, words: &str) -> String {
        let here = self
            .ports
            .iter()
            .fold(words.to_owned(), |words, (port, usual)| {
                words.replace(&format!("127.0.0.1:{usual}"), &format!("127.0.0.1:{port}"))
            });
        let output = self.shell.run(&here);
        // On a machine under load the next question could be quicker than the commit.
        let is_pushed = words.starts_with("git push") && output.is_empty();
        if is_pushed || words.starts_with("zonetool update") {
            self.news = self
                .up
                .as_mut()
                .expect("up runs")
                .until("    example.org. serial");
        }
        format!("$ {words}\n{}", self.with_usual_port(&output))
    }

    fn with_usual_port(&self, text: &str) -> String {
        self.ports
            .iter()
            .fold(text.to_owned(), |text, (port, usual)| {
                text.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{usual}"))
                    .replace(&format!("-p {port}"), &format!("-p {usual}"))
            })
    }
}

/// One shell for the whole page, so that `cd` and `PATH` last.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

const END: &str = "---- end of the output ----";

impl Shell {
    fn start(desk: &Desk) -> Shell {
        let mut command = desk.command("sh", "");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Shell {
            child,
            input,
            output: BufReader::new(output),
        }
    }

    fn run(&mut self, words: &str) -> String {
        writeln!(self.input, "{{ {words}\n}} 2>&1 </dev/null\necho '{END}'").unwrap();
        let lines = self.output.by_ref().lines().map(Result::unwrap);
        lines
            .take_while(|line| line != END)
            .map(|line| line + "\n")
            .collect()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
