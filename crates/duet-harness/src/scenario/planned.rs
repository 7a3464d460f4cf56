//! Names that the schema keeps for what is to come: refused by name, so that nobody takes them for a typing error.

/// (kind, name, what brings it).
const PLANNED: &[(&str, &[&str], &str)] = &[
    (
        "learning",
        &[
            "feedback_alignment",
            "direct_feedback_alignment",
            "predictive_coding",
            "equilibrium",
            "forward_forward",
        ],
        "the credit-assignment rules",
    ),
    ("pattern", &["gaussian"], "networks in space"),
];

/// What will bring a name that is planned but not built; `None` for names that are not planned.
pub fn planned(kind: &str, name: &str) -> Option<&'static str> {
    PLANNED.iter().find(|(of, names, _)| *of == kind && names.contains(&name)).map(|(_, _, when)| *when)
}
