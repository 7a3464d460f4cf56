//! `list`, `explain`, `schema` and `check`: what the program says about itself.

use super::duet::Session;
use duet_harness::builtin::built_in;
use duet_harness::catalog;
use serde_json::Value;

#[test]
fn list_names_every_kind_and_every_scenario() {
    let session = Session::new();
    let text = session.duet(&["list"]).ok().stdout;
    let json: Value = serde_json::from_str(&session.duet(&["list", "--json"]).ok().stdout).unwrap();
    for kind in catalog::kinds() {
        assert!(text.lines().any(|line| line == kind.name), "{} is missing", kind.name);
        let entries = json[kind.name].as_array().unwrap();
        let names: Vec<&str> = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names, kind.entries.iter().map(|entry| entry.name).collect::<Vec<_>>());
        assert!(entries.iter().all(|entry| entry["summary"].as_str().unwrap().ends_with('.')));
    }
    assert_eq!(json["scenario"].as_array().unwrap().len(), built_in().len());
    let neurons = session.duet(&["list", "neurons"]).ok().stdout;
    assert!(neurons.starts_with("neuron\n  lif"), "{neurons}");
}

#[test]
fn everything_that_list_names_can_be_explained() {
    let session = Session::new();
    for kind in catalog::kinds() {
        for entry in &kind.entries {
            let name = format!("{}.{}", kind.name, entry.name);
            let text = explained(&session, &name);
            assert!(text.starts_with(&name), "{text}");
        }
        explained(&session, kind.name);
    }
    for path in built_in() {
        let name = path.trim_end_matches(".toml");
        assert!(explained(&session, name).contains("Targets"), "{name}");
    }
}

/// A page, of lines that fit.
fn explained(session: &Session, name: &str) -> String {
    let text = session.duet(&["explain", name]).ok().stdout;
    assert!(!text.contains(['`', '\u{1b}']), "{text}");
    text
}

#[test]
fn explain_shows_equations_and_parameters() {
    let session = Session::new();
    let text = explained(&session, "lif");
    assert!(text.contains("tau_m dV/dt") && text.contains("Parameters"), "{text}");
    assert!(text.contains("v_th     -50 mV"), "columns line up: {text}");
    let markdown = session.duet(&["explain", "--markdown", "lif"]).ok().stdout;
    let page = catalog::find("lif").remove(0);
    assert_eq!(markdown, catalog::markdown(&page.0, &page.1, 1));
    session.duet(&["explain", "lif", "addam"]).refused(2, &["did you mean `adam`?"]);
}

#[test]
fn the_schema_holds_the_sides() {
    let session = Session::new();
    let schema: Value = serde_json::from_str(&session.duet(&["schema"]).ok().stdout).unwrap();
    let side = &schema["properties"]["side"]["additionalProperties"]["properties"];
    for physics in ["ann", "spiking"] {
        assert_eq!(side[physics]["type"], "object", "{physics}");
    }
    assert!(schema["required"].as_array().unwrap().contains(&"protocol".into()));
}

#[test]
fn every_built_in_scenario_passes_the_check() {
    let session = Session::new();
    let names: Vec<&str> = built_in().iter().map(|path| path.trim_end_matches(".toml")).collect();
    let arguments: Vec<&str> = std::iter::once("check").chain(names.iter().copied()).collect();
    let ran = session.duet(&arguments).ok();
    assert_eq!(
        ran.stdout.lines().filter(|line| line.ends_with(": ok")).count(),
        names.len(),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn data_sets_are_listed_with_the_way_to_get_them() {
    let session = Session::new();
    let text = session.duet(&["data", "list"]).ok().stdout;
    assert!(text.contains("mnist") && text.contains("duet data import"), "{text}");
}
