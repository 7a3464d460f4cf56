//! The book and the README say what the program says: reference pages, included files, links, commands, scenarios.

mod commands;
mod markdown;
mod reference;

use commands::Shown;
use markdown::Page;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const UPDATE: &str = "NEURODUET_UPDATE=1 cargo test --release --test main book";

/// Images that a page waits for are small.
const LARGEST_IMAGE: u64 = 300_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source() -> PathBuf {
    root().join("docs/src")
}

/// Every markdown file of the book, sorted.
fn book() -> Vec<Page> {
    let mut pages = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("docs/src") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(Page::read(&path));
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

/// The book and the README.
fn pages() -> Vec<Page> {
    let mut pages = book();
    pages.push(Page::read(&root().join("README.md")));
    pages
}

/// Every page's problems in one message.
fn none(problems: &[String]) {
    let list = problems.iter().fold(String::new(), |mut list, problem| {
        let _ = write!(list, "\n  {problem}");
        list
    });
    assert!(problems.is_empty(), "{} problems:{list}", problems.len());
}

#[test]
fn reference_pages_are_what_the_catalog_says() {
    let folder = source().join("reference");
    let expected = reference::pages();
    let is_known = |name: &str| expected.iter().any(|(known, _)| known == name);
    let found = fs::read_dir(&folder).expect("docs/src/reference");
    let names = found.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let strangers: Vec<String> = names.filter(|name| !is_known(name)).collect();
    if std::env::var_os("NEURODUET_UPDATE").is_some() {
        for (name, text) in &expected {
            fs::write(folder.join(name), text).expect("a reference page");
        }
        strangers.iter().for_each(|name| fs::remove_file(folder.join(name)).expect("an old page"));
        return;
    }
    let stale = |(name, text): &&(String, String)| {
        fs::read_to_string(folder.join(name)).map_or(true, |written| written != *text)
    };
    let stale: Vec<&str> = expected.iter().filter(stale).map(|(name, _)| name.as_str()).collect();
    assert!(
        stale.is_empty() && strangers.is_empty(),
        "docs/src/reference is not what the catalog says: {stale:?} differ, {strangers:?} are left over; \
         to rewrite it: {UPDATE}"
    );
}

#[test]
fn the_summary_lists_every_page() {
    let summary = Page::read(&source().join("SUMMARY.md"));
    let listed: BTreeSet<PathBuf> = summary.links().map(|link| summary.resolve(link)).collect();
    let written: BTreeSet<PathBuf> =
        book().into_iter().map(|page| page.path).filter(|path| *path != summary.path).collect();
    let missing: Vec<&PathBuf> = written.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/src/SUMMARY.md does not list {missing:?}");
}

#[test]
fn links_and_included_files_exist() {
    let mut problems = Vec::new();
    for page in pages() {
        for link in page.links().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.path.clone() } else { page.resolve(file) };
            if !target.exists() {
                problems.push(format!("{}: the link {link} leads nowhere", page.name()));
            } else if !anchor.is_empty() && !Page::read(&target).has_heading(anchor) {
                problems.push(format!("{}: {link} has no such heading", page.name()));
            }
        }
        for file in page.includes().filter(|file| !page.resolve(file).is_file()) {
            problems.push(format!("{}: the included file {file} does not exist", page.name()));
        }
    }
    none(&problems);
}

#[test]
fn images_are_small() {
    for page in pages() {
        for link in page.links().filter(|link| Path::new(link).extension().is_some_and(|e| e == "png")) {
            let size = fs::metadata(page.resolve(link)).map_or(0, |data| data.len());
            assert!(size > 0 && size < LARGEST_IMAGE, "{}: {link} has {size} bytes", page.name());
        }
    }
}

#[test]
fn commands_mean_something() {
    let mut problems = Vec::new();
    for page in pages() {
        for command in Shown::on(&page) {
            if let Err(words) = command.try_out() {
                problems.push(format!("{}: `{}`: {words}", page.name(), command.text));
            }
        }
    }
    none(&problems);
}

#[test]
fn scenarios_on_pages_pass_the_check() {
    let mut problems = Vec::new();
    for page in pages() {
        for block in page.blocks().filter(|block| block.info == "toml" && !block.text.contains("{{#include"))
        {
            let parsed = toml::from_str::<toml::Table>(&block.text);
            let checked = match &parsed {
                // Without a title it is a part of a scenario.
                Ok(table) if table.contains_key("title") => {
                    duet_harness::Document::parse(page.name(), block.text.clone())
                        .and_then(|document| duet_harness::check(document, &[]))
                        .map_or_else(|error| Err(error.to_string()), |_| Ok(()))
                }
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(words) = checked {
                problems.push(format!("{}: {words}", page.name()));
            }
        }
    }
    none(&problems);
}

#[test]
fn the_course_has_every_scenario() {
    let course = source().join("course");
    let pages: Vec<Page> = book().into_iter().filter(|page| page.path.starts_with(&course)).collect();
    for path in duet_harness::builtin::built_in() {
        let file = root().join("scenarios").join(path);
        let shown = pages.iter().any(|page| page.includes().any(|include| page.resolve(include) == file));
        assert!(shown, "no page of docs/src/course includes scenarios/{path}");
    }
}

#[test]
fn the_readme_has_its_two_commands() {
    let readme = Page::read(&root().join("README.md"));
    let blocks: Vec<String> = readme.blocks().map(|block| block.text.trim().to_owned()).collect();
    let expected = ["cargo run --release -- run scenarios/learning/digits.toml", "cargo test --release"];
    assert_eq!(blocks, expected);
}
