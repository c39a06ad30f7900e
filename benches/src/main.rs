//! What serving costs: other servers beside ours in one run, and instructions per question.
//!
//! The zone and the questions are made here, the same on any machine. Times are noisy, so compare CPU per question within
//! one run; instructions are the same each time. See `README.md`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod engine;
mod floor;
mod follower;
mod history;
mod instructions;
mod large_zone;
mod many_zones;
mod process;
mod publish;
mod sample;
mod secondaries;
mod servers;
mod streams;
mod table;
mod told;
mod transfers;
mod updates;

use clap::{Parser, Subcommand};
use std::{error::Error, fs, net::SocketAddr, path::PathBuf, process::ExitCode};

/// Measure what serving a zone costs
#[derive(Debug, Parser)]
#[command(name = "benches", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare servers: load, memory, questions per second, CPU per question
    Servers(table::Options),
    /// Compare servers over TCP and TLS, on connections that stay open
    Streams(streams::Options),
    /// Time from a start, and from a moved branch, to the first answer, where little of much changes
    Publish(publish::Options),
    /// Time from a moved branch to the answer on every secondary, where one of many zones changes
    Secondaries(secondaries::Options),
    /// What a change of one zone costs a primary that tells many secondaries, with many zones
    Told(told::Options),
    /// Compare with Knot: a whole zone from one server to another (AXFR), in both roles
    Transfers(transfers::Options),
    /// Compare servers: time until an update is acknowledged, updates per second, CPU per update
    Updates(updates::Options),
    /// Count the instructions of loading a zone and of answering each kind of question, with valgrind
    Instructions {
        /// Records of the zone
        #[arg(long, default_value_t = 100_000)]
        records: usize,
    },
    /// Write a zone (DIR/bench.example) and questions for dnsperf (DIR/questions)
    Generate {
        /// Where to write
        dir: PathBuf,
        /// Records of the zone
        records: usize,
        /// Number of questions
        questions: usize,
    },
    /// Load a zone file and answer questions in this process, without the kernel
    Answer {
        /// A file made by `generate`
        zone: PathBuf,
        /// NAME TYPE on each line
        questions: PathBuf,
    },
    /// Serve a zone file with one worker: the stack and the engine, without Git
    Serve {
        /// A file made by `generate`
        zone: PathBuf,
        /// Where to listen
        address: SocketAddr,
    },
    /// Send each question back with one canned record: the kernel's part of the cost
    Echo {
        /// Where to listen
        address: SocketAddr,
    },
    /// The same through the stack: its part of the cost
    StackEcho {
        /// Where to listen
        address: SocketAddr,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Servers(options) => table::compare(&options),
        Command::Streams(options) => streams::compare(&options),
        Command::Publish(options) => publish::measure(&options),
        Command::Secondaries(options) => secondaries::measure(&options),
        Command::Told(options) => told::measure(&options),
        Command::Transfers(options) => transfers::compare(&options),
        Command::Updates(options) => updates::compare(&options),
        Command::Instructions { records } => instructions::count(records),
        Command::Generate {
            dir,
            records,
            questions,
        } => {
            let shape = sample::Shape::of(records);
            fs::create_dir_all(&dir)?;
            fs::write(dir.join(sample::APEX), shape.text())?;
            Ok(fs::write(
                dir.join("questions"),
                shape.questions(questions),
            )?)
        }
        Command::Answer { zone, questions } => engine::answer(&zone, &questions),
        Command::Serve { zone, address } => engine::serve(&zone, address),
        Command::Echo { address } => floor::echo(address),
        Command::StackEcho { address } => floor::stack_echo(address),
    }
}
