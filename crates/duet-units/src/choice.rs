//! `choice!`: a registry of kinds, declared as one short table.

/// Declares an externally tagged enum (`neuron.lif = { ... }`) whose entries describe themselves.
///
/// Adding a kind of thing to the product is one file with its `parameters!` struct and one line in such a table.
///
/// ```
/// use duet_units::{Describe, Range, Shape, choice, parameters};
///
/// parameters! { /// Keeps the value.
///     pub default struct Identity {} }
/// parameters! { /// Cuts off below zero.
///     pub default struct Relu { /// Slope below zero.
///         pub slope: f64 = 0.0, in Range::BELOW_ONE; } }
/// choice! {
///     /// What a unit computes from its drive.
///     pub enum Activation: "activation" { Identity(Identity) = "identity", Relu(Relu) = "relu" }
/// }
/// #[derive(serde::Deserialize)]
/// struct Side { activation: Activation }
/// let side: Side = toml::from_str("activation.relu = {}").unwrap();
/// assert_eq!(side.activation.name(), "relu");
/// ```
#[macro_export]
macro_rules! choice {
    ($(#[doc = $doc:literal])* pub enum $name:ident: $kind:literal { $($variant:ident($type:ty) = $word:literal),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, $crate::hidden::serde::Serialize, $crate::hidden::serde::Deserialize)]
        #[serde(crate = "duet_units::hidden::serde")]
        pub enum $name {
            $(
                #[doc = concat!("`", $word, "`.")]
                #[serde(rename = $word)]
                $variant($type),
            )+
        }

        impl $name {
            /// The name of this kind in scenarios.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $word,)+
                }
            }
        }

        impl $crate::Describe for $name {
            fn shape() -> $crate::Shape {
                $crate::Shape::Choice {
                    kind: $kind,
                    entries: vec![$($crate::Entry { name: $word, shape: <$type as $crate::Describe>::shape() },)+],
                }
            }

            fn show(&self) -> String {
                match self {
                    $(Self::$variant(inner) => format!("{{ {} = {} }}", $word, $crate::Describe::show(inner)),)+
                }
            }

            fn parameters(&self) -> Vec<(&'static str, String, &'static str)> {
                match self {
                    $(Self::$variant(inner) => $crate::Describe::parameters(inner),)+
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{self as duet_units, Describe, Shape, parameters};

    parameters! {
        /// Nothing to set.
        pub default struct Empty {}
    }
    parameters! {
        /// One number.
        pub struct One {
            /// The number.
            pub x: f64;
        }
    }
    choice! {
        /// Empty or one.
        pub enum Kind: "kind" { Empty(Empty) = "empty", One(One) = "one" }
    }

    #[test]
    fn one_key_decides() {
        #[derive(serde::Deserialize, serde::Serialize, PartialEq, Debug)]
        struct Holder {
            kind: Kind,
        }
        let holder: Holder = toml::from_str("kind.one = { x = 2.0 }").unwrap();
        assert_eq!(holder.kind, Kind::One(One { x: 2.0 }));
        assert_eq!(toml::from_str::<Holder>(&toml::to_string(&holder).unwrap()).unwrap(), holder);
        assert_eq!(toml::from_str::<Holder>("kind.empty = {}").unwrap().kind.name(), "empty");
        assert!(toml::from_str::<Holder>("kind.two = {}").is_err());
        let Shape::Choice { entries, .. } = Kind::shape() else { panic!("a choice") };
        assert_eq!(entries.iter().map(|entry| entry.name).collect::<Vec<_>>(), ["empty", "one"]);
        assert_eq!(holder.kind.show(), "{ one = { x = 2 } }");
    }
}
