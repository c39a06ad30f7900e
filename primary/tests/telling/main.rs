//! What the running program tells: metrics, health, its log, and the service manager.

#[path = "../support/mod.rs"]
mod support;

mod exposition;
mod health;
mod http;
mod late;
mod log;
mod manager;
mod metrics;
mod refused;
