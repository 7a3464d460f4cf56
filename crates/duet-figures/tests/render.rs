//! Whole runs, drawn and looked at by rules.

mod fixture;
mod looks;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use duet_figures::{Figure, FigureError, Theme, draw_all, render};
use duet_record::{Run, RunFolder, Story, Table, layout};
use fixture::{Recipe, build};
use looks::check_texts;
use resvg::usvg;

const SCRIPT: &str = "<script>alert('x')</script>";

fn hostile() -> Recipe {
    let sides = [SCRIPT, "=cmd()|' /C calc'!A0", "two\nlines\u{202e}\u{1b}[31m & \"quotes\" ../../etc"];
    Recipe {
        sides: sides.map(str::to_owned).to_vec(),
        classes: vec![
            "<b>".into(),
            "-1+1".into(),
            "a,b".into(),
            "\u{202e}olleh".into(),
            "a very long name of a class".into(),
        ],
        ..Recipe::default()
    }
}

/// Bytes of everything drawn, by path.
fn drawn(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let rendered = render(run).unwrap();
    assert!(rendered.skipped.is_empty(), "{:?}", rendered.skipped);
    rendered.files.into_iter().map(|file| (file.clone(), fs::read(run.join(&file)).unwrap())).collect()
}

fn is(file: &str, extension: &str) -> bool {
    Path::new(file).extension().is_some_and(|own| own == extension)
}

fn check_report(html: &str) {
    let (doctype, rest) = html.split_once('\n').unwrap();
    assert_eq!(doctype, "<!doctype html>");
    let document = usvg::roxmltree::Document::parse(rest).unwrap();
    for node in document.descendants().filter(usvg::roxmltree::Node::is_element) {
        assert!(
            !matches!(node.tag_name().name(), "script" | "iframe" | "img" | "link" | "object"),
            "{node:?}"
        );
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on"), "{attribute:?}");
            // Local anchors and files of the run: nothing is fetched.
            if matches!(attribute.name(), "href" | "src") {
                assert!(
                    attribute.value().starts_with('#') || attribute.value().starts_with("figures/"),
                    "{attribute:?}"
                );
            }
        }
    }
    for c in html.chars() {
        let stripped =
            (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!stripped, "{c:?}");
    }
}

#[test]
fn every_figure_is_drawn_well_and_the_rest_of_the_run_stays() {
    let parent = tempfile::tempdir().unwrap();
    let run = build(parent.path(), &Recipe::default());
    let files = drawn(&run);
    for name in [
        "comparison",
        "learning_curves",
        "accuracy",
        "confusion",
        "layers",
        "raster",
        "membrane",
        "weights",
        "topology",
        "cost",
    ] {
        let svg = std::str::from_utf8(&files[&layout::figure(name, "svg")]).unwrap();
        check_texts(name, svg);
        assert!(svg.len() < 200_000, "{name}: {} bytes", svg.len());
        assert!(files[&layout::figure(name, "png")].starts_with(b"\x89PNG"));
        let csv = std::str::from_utf8(&files[&layout::figure(name, "csv")]).unwrap();
        let texts = [
            "side",
            "split",
            "metric",
            "cost",
            "unit",
            "operation",
            "true",
            "answered",
            "population",
            "cell",
            "projection",
            "from",
            "to",
            "pattern",
            "place",
        ];
        assert!(Table::from_csv(csv, &texts).unwrap().rows() > 0, "{name}");
    }
    let html = std::str::from_utf8(&files["report.html"]).unwrap();
    check_report(html);
    for words in [
        "What does each side need, in examples, operations and joules, to read a digit?",
        "t interval over 5 seeds",
        "n/a (fewer than 3 spikes)",
        "tau_m dv/dt = −(v − e_l)",
        "duet run scenarios/digits.toml --seed 7",
        "CC BY 4.0",
        "✓ pass",
        "≈ near",
        "✗ miss",
        "Backpropagation − Spiking, local plasticity",
    ] {
        assert!(html.contains(words), "{words}");
    }
    Run::open(&run).unwrap().verify().unwrap();
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = build(one.path(), &Recipe::default());
    let files = drawn(&first);
    assert!(files == drawn(&first), "drawn twice");
    assert!(files == drawn(&build(two.path(), &Recipe::default())), "run twice");
}

#[test]
fn hostile_names_are_harmless_everywhere() {
    let parent = tempfile::tempdir().unwrap();
    let run = build(parent.path(), &hostile());
    for (file, bytes) in drawn(&run) {
        assert!(!file.contains(['<', ':', '\n', '\\']) && file.split('/').all(|part| part != ".."), "{file}");
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        assert!(!text.contains('\u{202e}') || is(&file, "csv"), "{file}");
        if is(&file, "svg") {
            check_texts(&file, text);
            assert!(!text.contains("<script") && !text.contains('\u{1b}'), "{file}");
        } else if is(&file, "csv") {
            for line in text.lines().filter(|line| !line.starts_with('"')) {
                let numbers = |cell: &str| cell.parse::<f64>().is_ok();
                assert!(
                    !line.split(',').any(|cell| cell.starts_with(['=', '+', '-', '@']) && !numbers(cell)),
                    "{file}: {line}"
                );
            }
        } else if file == "report.html" {
            check_report(text);
            assert!(text.contains("&lt;script&gt;"), "the name is shown, as text");
        }
    }
}

#[test]
fn degenerate_runs_are_drawn_too() {
    let sides =
        |n: usize| (0..n).map(|at| format!("side number {at} with a rather long name")).collect::<Vec<_>>();
    let recipes = [
        Recipe { dead: true, epochs: 1, ..Recipe::default() },
        Recipe { classes: vec!["only".into()], epochs: 2, ..Recipe::default() },
        Recipe { sides: sides(7), ..Recipe::default() },
        Recipe { recurrent: true, ..Recipe::default() },
        Recipe { depth: 7, ..Recipe::default() },
        Recipe { classes: (0..100).map(|class| format!("class {class}")).collect(), ..Recipe::default() },
    ];
    for recipe in recipes {
        let parent = tempfile::tempdir().unwrap();
        let run = Run::open(&build(parent.path(), &recipe)).unwrap();
        let asked = duet_figures::figures_of(&run.story().unwrap()).unwrap();
        let (drawings, skipped) = draw_all(&run, &asked, &Theme::default()).unwrap();
        assert!(skipped.is_empty() && drawings.len() >= 9);
        for drawing in drawings {
            check_texts(&drawing.name, &drawing.svg);
        }
    }
}

#[test]
fn what_was_not_recorded_is_named_and_not_an_error() {
    let parent = tempfile::tempdir().unwrap();
    let run =
        build(parent.path(), &Recipe { sides: vec!["backprop".into()], epochs: 0, ..Recipe::default() });
    let rendered = render(&run).unwrap();
    let skipped: Vec<&str> = rendered.skipped.iter().map(|skipped| skipped.figure).collect();
    assert_eq!(skipped, ["learning_curves", "raster", "membrane", "layers"]);
    let html = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(html.contains("raster is not drawn: the run did not record traces/SIDE/spikes.csv"));
    check_report(&html);
}

#[test]
fn a_run_with_a_story_alone_has_a_report() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "bare").unwrap();
    folder.write(layout::STORY, Story { question: "Why?".into(), ..Story::default() }.to_json()).unwrap();
    let rendered = render(folder.path()).unwrap();
    assert_eq!(rendered.files, ["report.html"]);
    check_report(&fs::read_to_string(folder.path().join("report.html")).unwrap());
}

#[test]
fn broken_files_and_unknown_figures_are_errors_that_name_themselves() {
    let parent = tempfile::tempdir().unwrap();
    let run = build(parent.path(), &Recipe { epochs: 1, ..Recipe::default() });
    let story = fs::read_to_string(run.join("story.json")).unwrap();
    fs::write(run.join("story.json"), story.replace("\"raster\"", "\"rooster\"")).unwrap();
    let error = render(&run).unwrap_err();
    assert!(matches!(error, FigureError::BadSpec { position: 6, .. }), "{error}");
    assert!(error.to_string().contains("rooster"), "{error}");
    fs::write(run.join("story.json"), story).unwrap();
    fs::write(run.join("history.csv"), "side,seed\n").unwrap();
    let error = render(&run).unwrap_err().to_string();
    assert!(error.contains("history.csv") && error.contains("header"), "{error}");
    assert!(!run.join("report.html").exists(), "nothing is written where something is broken");
    assert!(render(parent.path()).is_err());
}

#[test]
fn a_figure_asked_for_twice_gets_two_names() {
    let parent = tempfile::tempdir().unwrap();
    let path = build(parent.path(), &Recipe { epochs: 1, ..Recipe::default() });
    let figure: Figure = serde_json::from_str(r#"{"cost": {}}"#).unwrap();
    let run = Run::open(&path).unwrap();
    let (drawings, _) = draw_all(&run, &[figure.clone(), figure], &Theme::default()).unwrap();
    let names: Vec<&str> = drawings.iter().map(|drawing| drawing.name.as_str()).collect();
    assert_eq!(names, ["cost", "cost-2"]);
}

/// `NEURODUET_FIGURES=folder cargo test -p duet-figures --test render -- --ignored look` leaves drawings there.
#[test]
#[ignore = "writes drawings for people to look at"]
fn look() {
    let parent = std::path::PathBuf::from(std::env::var("NEURODUET_FIGURES").unwrap());
    let recipes = [
        ("plain", Recipe::default()),
        ("hostile", hostile()),
        ("cortex", Recipe { recurrent: true, ..Recipe::default() }),
        ("deep", Recipe { depth: 7, ..Recipe::default() }),
        ("dead", Recipe { dead: true, epochs: 1, ..Recipe::default() }),
        (
            "many",
            Recipe { sides: (0..6).map(|at| format!("side number {at}")).collect(), ..Recipe::default() },
        ),
    ];
    for (name, recipe) in recipes {
        render(&build(&parent.join(name), &recipe)).unwrap();
    }
}
