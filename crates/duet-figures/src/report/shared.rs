//! What the sides share, and in which they differ.

use super::{Section, Source, table};
use crate::escape::html;

pub(super) fn section(source: &Source<'_>) -> Section {
    let rows: Vec<Vec<String>> = source
        .story
        .shared
        .iter()
        .map(|fact| {
            let badge = if fact.same {
                "<span class=\"badge same\">shared</span>"
            } else {
                "<span class=\"badge different\">different</span>"
            };
            vec![html(&fact.what), badge.to_owned(), html(&fact.words)]
        })
        .collect();
    let columns = ["What", "", "How"].map(str::to_owned);
    let caption =
        "What is the same on all sides makes the comparison fair; what differs is what is compared.";
    let body = if rows.is_empty() { String::new() } else { table("facts", caption, &columns, &rows) };
    Section { id: "shared", heading: "Shared and different", body }
}
