//! How to make this run again, and whose data it is.

use duet_record::format::number;

use super::{Section, Source, each};
use crate::escape::html;

pub(super) fn section(source: &Source<'_>) -> Section {
    let story = source.story;
    let mut facts: Vec<(&str, String)> = Vec::new();
    let seeds = match story.seeds {
        0 | 1 => format!("seed {}", story.seed),
        n => format!("{n} seeds, the first is {}", story.seed),
    };
    facts.push(("Seeds", seeds));
    if let Some(task) = &story.task {
        let amount = format!("{} to train, {} to test", number(task.train as f64), number(task.test as f64));
        facts.push(("Task", format!("<code>{}</code>: {}", html(&task.name), html(&task.summary))));
        facts.push(("Examples", amount));
        if !task.credit.trim().is_empty() {
            facts.push(("Data by", html(&task.credit)));
        }
    }
    facts.push(("Program", format!("Neuroduet {}, CPU level {}", html(&story.version), html(&story.cpu))));
    facts.push(("Files", "Numbers: <code>metrics.json</code>, <code>history.csv</code>; hashes and timing: <code>manifest.json</code>.".to_owned()));
    let facts = each(facts, |(what, words)| format!("<dt>{what}</dt><dd>{words}</dd>\n"));
    let command = if story.command.trim().is_empty() {
        String::new()
    } else {
        format!(
            "<p>This command makes the same bytes again:</p>\n<pre class=\"command\">{}</pre>\n",
            html(&story.command)
        )
    };
    Section { id: "reproduce", heading: "Run it again", body: format!("{command}<dl>\n{facts}</dl>\n") }
}
