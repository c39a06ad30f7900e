//! The workspace as `cargo metadata` describes it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package of the dependency graph, ours or a stranger's.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its SPDX licence expression; empty if it has none.
    pub licence: String,
    /// The registry it comes from; `None` for ours.
    pub source: Option<String>,
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// The `rust-version` of its manifest.
    pub rust_version: Option<String>,
    /// Features its manifest declares.
    pub features: Vec<String>,
    /// What it depends on directly.
    pub dependencies: Vec<Dependency>,
}

/// One line of a `[dependencies]` table.
#[derive(Debug)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// True for `[dev-dependencies]`.
    pub only_tests: bool,
    /// True for a path inside this workspace.
    pub ours: bool,
}

impl Package {
    /// True for a member of this workspace.
    pub fn is_ours(&self) -> bool {
        self.source.is_none()
    }

    /// Dependencies of the crate itself, without those of its tests.
    pub fn edges(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|d| !d.only_tests)
    }
}

/// The folder with the virtual manifest.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the tests package is one level below the root")
        .to_owned()
}

/// Every package of the lock file that is used on this platform.
pub fn packages() -> Vec<Package> {
    let metadata = metadata();
    let list = metadata["packages"]
        .as_array()
        .expect("cargo metadata lists packages");
    list.iter().map(package).collect()
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--locked",
            "--format-version=1",
            "--filter-platform",
            platform(),
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs: it started this test");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn platform() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "aarch64-unknown-linux-gnu"
    } else {
        "x86_64-unknown-linux-gnu"
    }
}

fn package(json: &Value) -> Package {
    let manifest = PathBuf::from(text(&json["manifest_path"]));
    let features = json["features"].as_object();
    let dependencies = json["dependencies"].as_array();
    Package {
        name: text(&json["name"]),
        licence: text(&json["license"]),
        source: json["source"].as_str().map(str::to_owned),
        folder: manifest
            .parent()
            .expect("a manifest is in a folder")
            .to_owned(),
        rust_version: json["rust_version"].as_str().map(str::to_owned),
        features: features
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect(),
        dependencies: dependencies.into_iter().flatten().map(dependency).collect(),
    }
}

fn dependency(json: &Value) -> Dependency {
    Dependency {
        name: text(&json["name"]),
        only_tests: json["kind"].as_str() == Some("dev"),
        ours: json["path"].is_string(),
    }
}

fn text(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
