//! Holds a tree against the shape of a scenario and finds everything that is wrong, each at its place.

use super::document::{Node, Value};
use super::planned::planned;
use duet_units::{Entry, Field, Page, Problem, Range, Shape};

/// All problems of a tree, in the order of the file's tables.
pub(super) fn walk(shape: &Shape, node: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    visit(shape, node, "", &mut problems);
    problems
}

fn visit(shape: &Shape, node: &Node, path: &str, problems: &mut Vec<Problem>) {
    match (shape, &node.value) {
        (Shape::Table(page), Value::Table(table)) => fields(page, &[], table, path, problems),
        (Shape::Tagged { page, kind, entries }, Value::Table(table)) => {
            fields(page, entries, table, path, problems);
            let is_kind = |key: &&String| entries.iter().any(|entry| entry.name == **key);
            let named: Vec<&str> = table.keys().filter(is_kind).map(String::as_str).collect();
            if named.len() != 1 {
                problems.push(not_one(kind, entries, &named, path));
            }
        }
        (Shape::Names { of }, Value::Table(table)) => {
            for (key, (_, value)) in table {
                if let Some(words) = bad_name(key) {
                    problems.push(Problem::new(join(path, key), words));
                }
                visit(of, value, &join(path, key), problems);
            }
        }
        (Shape::Choice { kind, entries }, Value::Table(table)) => {
            choice(kind, entries, table, path, problems);
        }
        (Shape::Value { of, .. }, _) => visit(of, node, path, problems),
        (Shape::List { of }, Value::List(list)) => {
            for (index, item) in list.iter().enumerate() {
                visit(of, item, &format!("{path}[{index}]"), problems);
            }
        }
        (Shape::Either(shapes), _) => {
            // The alternative that comes nearest: fewest problems, the first of equals.
            let tries = shapes.iter().map(|shape| {
                let mut found = Vec::new();
                visit(shape, node, path, &mut found);
                found
            });
            problems.extend(tries.min_by_key(Vec::len).unwrap_or_default());
        }
        (Shape::Quantity { dimension, range }, Value::Text(text)) => match dimension.parse(text) {
            Err(error) => problems.push(Problem::new(path, format!("{}: {error}", last(path)))),
            Ok(value) if !range.contains(value) => {
                problems.push(out_of_range(path, text, range, |x| dimension.print(x)));
            }
            Ok(_) => {}
        },
        (Shape::Quantity { dimension, .. }, Value::Integer(_) | Value::Float(_)) => {
            let shown = node.value.show();
            problems.push(
                Problem::new(
                    path,
                    format!("{} = {shown} has no unit; it is a {}", last(path), dimension.name),
                )
                .hint(format!(
                    "write for example \"{shown} {}\"; units: {}",
                    dimension.units[0].symbol,
                    dimension.symbols()
                )),
            );
        }
        (Shape::Number { range }, Value::Float(number)) => number_in(path, *number, range, problems),
        (Shape::Number { range }, Value::Integer(number)) => number_in(path, *number as f64, range, problems),
        (Shape::Integer { range }, Value::Integer(number)) => {
            if !range.contains(*number as f64) {
                problems.push(out_of_range(path, &number.to_string(), range, |x| format!("{x}")));
            }
        }
        (Shape::Integer { range }, Value::Float(number)) => {
            let words = format!(
                "{} = {} must be a whole number, {}",
                last(path),
                node.value.show(),
                whole_words(range)
            );
            let hint =
                (number.fract() == 0.0 && range.contains(*number)).then(|| format!("write {number:.0}"));
            problems.push(Problem { path: path.to_owned(), words, hint });
        }
        (Shape::Text { allowed }, Value::Text(text)) => {
            if !allowed.is_empty() && !allowed.contains(&text.as_str()) {
                let words = format!("{} = {text:?} is not one of: {}", last(path), allowed.join(", "));
                problems.push(Problem {
                    path: path.to_owned(),
                    words,
                    hint: nearest(text, allowed.iter().copied()),
                });
            }
        }
        (Shape::Flag, Value::Flag(_)) => {}
        (expected, found) => problems.push(wrong_type(path, expected, found)),
    }
}

type Table = indexmap::IndexMap<String, (Option<std::ops::Range<usize>>, Node)>;

/// The keys of a table: its own, and the kinds that it may name beside them.
fn fields(page: &Page, kinds: &[Entry], table: &Table, path: &str, problems: &mut Vec<Problem>) {
    for (key, (_, value)) in table {
        let field = page.fields.iter().find(|field| field.name == key).map(|field| &field.shape);
        let kind = || kinds.iter().find(|entry| entry.name == key).map(|entry| &entry.shape);
        match field.or_else(kind) {
            Some(shape) => visit(shape, value, &join(path, key), problems),
            None => problems.push(unknown_key(page, kinds, path, key)),
        }
    }
    let missing = page.fields.iter().filter(|field| field.required && !table.contains_key(field.name));
    problems.extend(missing.map(|field| missing_key(field, path)));
    relations(page, table, path, problems);
}

/// None of the kinds is named, or several.
fn not_one(kind: &str, entries: &[Entry], given: &[&str], path: &str) -> Problem {
    let words = if given.is_empty() {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
        format!("no {kind} is named; the kinds are: {}", names.join(", "))
    } else {
        format!("exactly one {kind} must be named, but there are {}: {}", given.len(), given.join(", "))
    };
    Problem::new(path, words)
}

fn choice(kind: &str, entries: &[Entry], table: &Table, path: &str, problems: &mut Vec<Problem>) {
    let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
    if table.len() != 1 {
        let given: Vec<&str> = table.keys().map(String::as_str).collect();
        problems.push(not_one(kind, entries, &given, path));
        return;
    }
    for (name, (_, value)) in table {
        let below = join(path, name);
        match entries.iter().find(|entry| entry.name == name) {
            Some(entry) => visit(&entry.shape, value, &below, problems),
            None => problems.push(match planned(kind, name) {
                Some(when) => Problem::new(
                    below,
                    format!("the {kind} `{name}` is planned, with {when}, but not built in this version"),
                )
                .hint(format!("built are: {}", names.join(", "))),
                None => Problem {
                    path: below,
                    words: format!("there is no {kind} `{name}`; the kinds are: {}", names.join(", ")),
                    hint: nearest(name, names.iter().copied()),
                },
            }),
        }
    }
}

fn relations(page: &Page, table: &Table, path: &str, problems: &mut Vec<Problem>) {
    for relation in &page.relations {
        let number = |name: &str| {
            let field = page.fields.iter().find(|field| field.name == name)?;
            match table.get(name) {
                None => Some((field.default_number?, field.default.clone()?)),
                Some((_, node)) => match (&field.shape, &node.value) {
                    (Shape::Quantity { dimension, .. }, Value::Text(text)) => {
                        Some((dimension.parse(text).ok()?, text.clone()))
                    }
                    (_, Value::Float(x)) => Some((*x, x.to_string())),
                    (_, Value::Integer(x)) => Some((*x as f64, x.to_string())),
                    _ => None,
                },
            }
        };
        if let (Some((low, low_shown)), Some((high, high_shown))) =
            (number(relation.lower), number(relation.upper))
            && !relation.holds(low, high)
        {
            let at = if table.contains_key(relation.lower) { relation.lower } else { relation.upper };
            let order = if relation.or_equal { "at most" } else { "below" };
            problems.push(Problem::new(
                join(path, at),
                format!("{} = {low_shown} must be {order} {} = {high_shown}", relation.lower, relation.upper),
            ));
        }
    }
}

fn number_in(path: &str, number: f64, range: &Range, problems: &mut Vec<Problem>) {
    if !range.contains(number) {
        problems.push(out_of_range(path, &number.to_string(), range, |x| x.to_string()));
    }
}

fn out_of_range(path: &str, shown: &str, range: &Range, print: impl Fn(f64) -> String) -> Problem {
    Problem::new(path, format!("{} = {shown} is out of range; it must be {}", last(path), range.words(print)))
}

fn whole_words(range: &Range) -> String {
    range.words(|x| format!("{x}"))
}

fn wrong_type(path: &str, expected: &Shape, found: &Value) -> Problem {
    let (wanted, hint) = match expected {
        Shape::Quantity { dimension, .. } => (
            format!("a {} with its unit", dimension.name),
            Some(format!("write for example \"20 {}\"", dimension.units[0].symbol)),
        ),
        Shape::Number { range } => (format!("a number, {range}"), None),
        Shape::Integer { range } => (format!("a whole number, {}", whole_words(range)), None),
        Shape::Flag => ("true or false".to_owned(), None),
        Shape::Text { .. } => ("a text in quotes".to_owned(), None),
        Shape::List { .. } => ("a list".to_owned(), None),
        Shape::Choice { kind, entries } => {
            let names: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
            let hint = matches!(found, Value::Text(_))
                .then(|| format!("write {} = {{ {} = {{}} }}", last(path), names[0]));
            (format!("a table that names one {kind}: {}", names.join(", ")), hint)
        }
        Shape::Names { .. } | Shape::Table(_) | Shape::Tagged { .. } => ("a table".to_owned(), None),
        Shape::Value { .. } | Shape::Either(_) => ("another kind of value".to_owned(), None),
    };
    let words = format!("{} = {} is {}; expected {wanted}", last(path), found.show(), found.words());
    Problem { path: path.to_owned(), words, hint }
}

fn unknown_key(page: &Page, kinds: &[Entry], path: &str, key: &str) -> Problem {
    let names = || page.fields.iter().map(|field| field.name).chain(kinds.iter().map(|entry| entry.name));
    let table = if path.is_empty() { "a scenario".to_owned() } else { format!("`{path}`") };
    let words = match planned("key", key) {
        Some(when) => format!("`{key}` is planned, with {when}, but not built in this version"),
        None => format!("{table} has no key `{key}`"),
    };
    let known: Vec<&str> = names().collect();
    let listed = if known.is_empty() {
        "it takes no keys".to_owned()
    } else {
        format!("its keys are: {}", known.join(", "))
    };
    let hint = nearest(key, names()).unwrap_or(listed);
    Problem { path: join(path, key), words, hint: Some(hint) }
}

fn missing_key(field: &Field, path: &str) -> Problem {
    let table = if path.is_empty() { "the scenario".to_owned() } else { format!("`{path}`") };
    let words = format!("{table} lacks `{}`: {}", field.name, field.doc.replace('\n', " "));
    Problem::new(join(path, field.name), words).hint(format!("add {}", example(field)))
}

fn example(field: &Field) -> String {
    match &field.shape {
        Shape::Quantity { dimension, .. } => format!("{} = \"20 {}\"", field.name, dimension.units[0].symbol),
        Shape::Integer { .. } => format!("{} = 7", field.name),
        Shape::Number { .. } => format!("{} = 0.5", field.name),
        Shape::Choice { entries, .. } => format!("{}.{} = {{ ... }}", field.name, entries[0].name),
        Shape::Names { .. } => format!("[{}.NAME]", field.name),
        Shape::Table(_) | Shape::Tagged { .. } => format!("[{}]", field.name),
        _ => format!("{} = \"...\"", field.name),
    }
}

/// Names become file names, metric paths and legends, so what breaks those is refused.
fn bad_name(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    if name.trim().is_empty() {
        Some("a name must not be empty".to_owned())
    } else if name.chars().count() > 64 {
        Some(format!("the name has {} characters; at most 64 are allowed", name.chars().count()))
    } else {
        let wrong = name.chars().find(|&c| !allowed(c));
        wrong.map(|c| {
            format!("the name {name:?} holds {c:?}; names are made of letters, digits, spaces, - and _")
        })
    }
}

/// "did you mean `tau_m`?" for the known word that is nearest, if one is near enough.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let close = |candidate: &str| {
        let distance = edit_distance(word, candidate);
        // A shared beginning or end counts: `tau_membrane` means `tau_m`.
        let prefix = word.len().min(candidate.len()) >= 4
            && (word.starts_with(candidate) || candidate.starts_with(word));
        let limit = (word.chars().count().max(candidate.chars().count()) / 3).max(1);
        if prefix { Some(distance.min(1)) } else { (distance <= limit).then_some(distance) }
    };
    known
        .filter_map(|candidate| close(candidate).map(|distance| (distance, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Levenshtein's distance; words longer than any key count as far.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replace = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn join(path: &str, key: &str) -> String {
    let key = if key.contains(['.', '[', ']', '"']) { format!("{key:?}") } else { key.to_owned() };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words() {
        let known = || ["tau_m", "t_ref", "v_th", "c_m"].into_iter();
        assert_eq!(nearest("tau_membrane", known()).as_deref(), Some("did you mean `tau_m`?"));
        assert_eq!(nearest("v_thr", known()).as_deref(), Some("did you mean `v_th`?"));
        assert_eq!(nearest("banana", known()), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }
}
