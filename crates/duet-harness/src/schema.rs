//! The JSON schema of a scenario, for editors that complete and check TOML.

use crate::scenario::Scenario;
use duet_units::{Describe, Range, Shape};
use serde_json::{Map, Value, json};

/// The schema (draft 2020-12).
pub fn json_schema() -> Value {
    let mut root = of(&Scenario::shape());
    if let Value::Object(map) = &mut root {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!("Neuroduet scenario"));
    }
    root
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Quantity { dimension, range } => json!({
            "type": "string",
            "description": format!("{}, {}", dimension.name, range.words(|x| dimension.print(x))),
            "pattern": format!("^\\s*[-+]?[0-9.][0-9._eE+-]*\\s*({})\\s*$", symbols(dimension)),
        }),
        Shape::Number { range } => bounded("number", range),
        Shape::Integer { range } => bounded("integer", range),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Text { allowed: [] } => json!({ "type": "string" }),
        Shape::Text { allowed } => json!({ "type": "string", "enum": allowed }),
        Shape::List { of: item } => json!({ "type": "array", "items": of(item) }),
        Shape::Names { of: item } => json!({ "type": "object", "additionalProperties": of(item) }),
        Shape::Value { of: inner, page } => described(of(inner), &page.summary()),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(of).collect::<Vec<_>>() }),
        Shape::Choice { kind, entries } => {
            let one = |entry: &duet_units::Entry| {
                json!({
                    "type": "object",
                    "properties": { entry.name: described(of(&entry.shape), &entry.page().summary()) },
                    "required": [entry.name],
                    "additionalProperties": false,
                })
            };
            json!({ "description": format!("one {kind}"), "oneOf": entries.iter().map(one).collect::<Vec<_>>() })
        }
        Shape::Table(page) => table(page),
        Shape::Tagged { page, entries, .. } => {
            let mut schema = table(page);
            let one = |entry: &duet_units::Entry| json!({ "required": [entry.name] });
            schema["oneOf"] = entries.iter().map(one).collect();
            for entry in entries {
                schema["properties"][entry.name] = described(of(&entry.shape), &entry.page().summary());
            }
            schema
        }
    }
}

fn table(page: &duet_units::Page) -> Value {
    let mut properties = Map::new();
    for field in &page.fields {
        let mut value = described(of(&field.shape), &field.doc.replace('\n', " "));
        if let (Some(default), Value::Object(map)) = (&field.default, &mut value) {
            map.insert("$comment".into(), json!(format!("default: {default}")));
        }
        properties.insert(field.name.to_owned(), value);
    }
    let required: Vec<&str> =
        page.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn symbols(dimension: &duet_units::DimensionTable) -> String {
    dimension.units.iter().map(|unit| unit.symbol.replace('/', "\\/")).collect::<Vec<_>>().join("|")
}

fn bounded(kind: &str, range: &Range) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), json!(kind));
    let number = |x: f64| if kind == "integer" && x.abs() < 9e15 { json!(x as i64) } else { json!(x) };
    if range.low.is_finite() {
        map.insert(if range.includes_low { "minimum" } else { "exclusiveMinimum" }.into(), number(range.low));
    }
    if range.high.is_finite() && range.high < 9e18 {
        map.insert(
            if range.includes_high { "maximum" } else { "exclusiveMaximum" }.into(),
            number(range.high),
        );
    }
    Value::Object(map)
}

fn described(mut value: Value, words: &str) -> Value {
    if let Value::Object(map) = &mut value {
        map.insert("description".into(), json!(words));
    }
    value
}
