//! Both sides beside each other: what each is, its equations and parameters, its notes.

use duet_record::{Equations, Physics, Severity, SideStory};

use super::{Section, Source, each};
use crate::cast::Actor;
use crate::escape::{html, html_equations, html_prose, words};

pub(super) fn section(source: &Source<'_>) -> Section {
    let sides: String =
        source.story.sides.iter().zip(source.cast).map(|(side, actor)| column(source, side, actor)).collect();
    let body = if sides.is_empty() { sides } else { format!("<div class=\"columns\">\n{sides}</div>\n") };
    let heading = if source.story.sides.len() == 1 { "The side" } else { "The sides" };
    Section { id: "sides", heading, body }
}

fn column(source: &Source<'_>, side: &SideStory, actor: &Actor) -> String {
    let physics = match side.physics {
        Physics::Artificial => "artificial network",
        Physics::Biological => "biological network",
    };
    let equations: String = side.equations.iter().map(model).collect();
    let found = source.story.diagnoses.iter().filter(|found| found.side == side.name);
    let found = found.map(|found| match found.severity {
        Severity::Note => html(&found.words),
        Severity::Warning => format!("<strong>Warning</strong> {}", html(&found.words)),
    });
    let notes =
        each(side.notes.iter().map(|note| html(note)).chain(found), |note| format!("<li>{note}</li>\n"));
    let notes =
        if notes.is_empty() { notes } else { format!("<h4>To keep in mind</h4>\n<ul>\n{notes}</ul>\n") };
    format!(
        "<article class=\"side\" style=\"--side:{}\">\n<h3>{}</h3>\n<p class=\"tag\">{physics}</p>\n<p>{}</p>\n{equations}{notes}</article>\n",
        actor.color.hex(),
        html(&actor.label),
        html(&side.summary)
    )
}

fn model(model: &Equations) -> String {
    let rows = each(&model.parameters, |parameter| {
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"value\">{}</td><td>{}</td></tr>\n",
            html(&parameter.name),
            html(&parameter.value).replace(' ', "\u{a0}"),
            html_prose(&parameter.doc)
        )
    });
    let rows = if rows.is_empty() { rows } else { format!("<table class=\"parameters\">\n{rows}</table>\n") };
    let text = if model.text.trim().is_empty() {
        String::new()
    } else {
        format!("<pre>{}</pre>\n", html_equations(&model.text))
    };
    format!(
        "<h4><span class=\"kind\">{}</span> <code>{}</code></h4>\n{text}{rows}",
        html(&words(&model.kind)),
        html(&model.name)
    )
}
