//! The crates' arrows point down: a crate depends only on crates of lower layers, siblings never see each other.

use std::collections::BTreeMap;

/// Layers from the ground up, as docs/src/architecture.md draws them.
const LAYERS: [&[&str]; 6] = [
    &["duet-units", "duet-kernels"],
    &["duet-random"],
    &["duet-topology", "duet-gradient", "duet-record"],
    &["duet-ann", "duet-spiking", "duet-tasks", "duet-figures"],
    &["duet-harness"],
    &["duet-cli"],
];

/// Libraries that only the named crates may use.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("plotters", &["duet-figures"]),
    ("clap", &["duet-cli"]),
    ("nalgebra", &["duet-ann", "duet-gradient"]),
    ("toml", &["duet-harness", "duet-cli"]),
];

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata");
    let normal = |package: &cargo_metadata::Package| {
        let kind = cargo_metadata::DependencyKind::Normal;
        package.dependencies.iter().filter(|d| d.kind == kind).map(|d| d.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), normal(package))).collect()
}

#[test]
fn arrows_point_down() {
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let crates = dependencies();
    for (name, uses) in &crates {
        if name == "neuroduet" {
            continue;
        }
        let own = layer(name)
            .unwrap_or_else(|| panic!("{name} stands in no layer: add it here and to the architecture page"));
        for used in uses {
            if let Some(below) = layer(used) {
                assert!(below < own, "{name} (layer {}) must not use {used} (layer {})", own + 1, below + 1);
            }
        }
    }
    let expected: usize = LAYERS.iter().map(|layer| layer.len()).sum();
    assert_eq!(crates.len(), expected + 1, "every crate of the workspace stands in a layer");
}

#[test]
fn figures_see_records_only() {
    let uses = &dependencies()["duet-figures"];
    let ours: Vec<&String> = uses.iter().filter(|name| name.starts_with("duet-")).collect();
    assert_eq!(ours, ["duet-record", "duet-units"]);
}

#[test]
fn libraries_keep_their_places() {
    for (name, uses) in dependencies() {
        for (library, allowed) in KEPT_TO {
            let used = uses.iter().any(|dependency| dependency == library);
            assert!(
                !used || allowed.contains(&name.as_str()),
                "{library} belongs to {allowed:?}, not to {name}"
            );
        }
    }
}

#[test]
fn unsafe_code_lives_in_the_kernels() {
    let crates = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/crates")).expect("crates/");
    for folder in crates.map(|entry| entry.expect("an entry").path()) {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let lib = std::fs::read_to_string(folder.join("src/lib.rs")).expect("src/lib.rs");
        assert_eq!(lib.contains("#![forbid(unsafe_code)]"), name != "duet-kernels", "{name}");
    }
}
