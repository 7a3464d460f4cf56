//! `parameters!`: a table of a scenario, declared once.

use crate::{Describe, Range};

/// Declares a struct whose fields are parameters: type, default, allowed range and words in one place.
///
/// ```
/// use duet_units::{Describe, Range, Shape, Time, Voltage, parameters};
///
/// parameters! {
///     /// A leaky membrane.
///     ///
///     /// # Equations
///     /// ```text
///     /// tau_m dV/dt = -(V - e_l)
///     /// ```
///     pub default struct Leak {
///         /// Membrane time constant.
///         pub tau_m: Time = Time::new(20.0), in Range::POSITIVE;
///         /// Where the membrane rests.
///         pub e_l: Voltage = Voltage::new(-65.0);
///         /// Where it fires.
///         pub v_th: Voltage = Voltage::new(-50.0);
///     }
///     relations { e_l < v_th; }
/// }
/// let Shape::Table(page) = Leak::shape() else { unreachable!() };
/// assert_eq!(page.summary(), "A leaky membrane.");
/// assert_eq!(page.fields[0].default.as_deref(), Some("20 ms"));
/// assert!(toml::from_str::<Leak>("e_l = '-40 mV'").is_err()); // above v_th
/// ```
///
/// A field without `= default` must be given (unless its type is an `Option`). `pub default struct` also implements
/// [`Default`]. `relations` names orders that two numeric fields must keep. `pub value Constant(f64);` declares a kind
/// that is written as one bare value (`weights.constant = 0.5`).
#[macro_export]
macro_rules! parameters {
    // A kind that is written as one bare value: `weights.constant = 0.5`.
    ($(#[doc = $doc:literal])* pub value $name:ident($type:ty $(, in $range:expr)?);) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, $crate::hidden::serde::Serialize)]
        #[serde(crate = "duet_units::hidden::serde", transparent)]
        pub struct $name(pub $type);

        impl $crate::Describe for $name {
            fn shape() -> $crate::Shape {
                $crate::Shape::Value {
                    page: $crate::Page { doc: concat!($($doc, "\n",)* ""), fields: vec![], relations: vec![] },
                    of: Box::new(<$type as $crate::Describe>::shape()$(.within($range))?),
                }
            }

            fn show(&self) -> String {
                $crate::Describe::show(&self.0)
            }

            fn numbers(&self) -> Vec<f64> {
                $crate::Describe::numbers(&self.0)
            }

            fn parameters(&self) -> Vec<(&'static str, String, &'static str)> {
                vec![("value", $crate::Describe::show(&self.0), "")]
            }
        }

        impl<'de> $crate::hidden::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::hidden::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <$type as $crate::hidden::serde::Deserialize>::deserialize(deserializer)?;
                $($crate::hidden::check_range(stringify!($name), &value, $range)?;)?
                Ok(Self(value))
            }
        }
    };
    ($(#[doc = $doc:literal])* pub default struct $name:ident { $($(#[doc = $fdoc:literal])* pub $field:ident: $type:ty = $default:expr $(, in $range:expr)?;)* } $(relations { $($lower:ident $order:tt $upper:ident;)* })?) => {
        $crate::parameters! {
            $(#[doc = $doc])*
            pub struct $name { $($(#[doc = $fdoc])* pub $field: $type = $default $(, in $range)?;)* }
            $(relations { $($lower $order $upper;)* })?
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
    ($(#[doc = $doc:literal])* pub struct $name:ident { $($(#[doc = $fdoc:literal])* pub $field:ident: $type:ty $(= $default:expr)? $(, in $range:expr)?;)* } $(relations { $($lower:ident $order:tt $upper:ident;)* })?) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, $crate::hidden::serde::Serialize)]
        #[serde(crate = "duet_units::hidden::serde")]
        pub struct $name {
            $(
                $(#[doc = $fdoc])*
                pub $field: $type,
            )*
        }

        impl $crate::Describe for $name {
            fn shape() -> $crate::Shape {
                $crate::Shape::Table($crate::Page {
                    doc: concat!($($doc, "\n",)* ""),
                    fields: vec![$({
                        #[allow(unused_mut, unused_assignments)]
                        let mut default: Option<$type> = None;
                        $(default = Some($default);)?
                        let shape = <$type as $crate::Describe>::shape()$(.within($range))?;
                        $crate::Field {
                            name: stringify!($field),
                            doc: concat!($($fdoc, "\n",)* "").trim(),
                            shape,
                            required: default.is_none() && <$type as $crate::Describe>::absent().is_none(),
                            default: default.as_ref().map($crate::Describe::show),
                            default_number: default.as_ref().and_then(|d| $crate::Describe::numbers(d).first().copied()),
                        }
                    },)*],
                    relations: vec![$($($crate::Relation {
                        lower: stringify!($lower),
                        or_equal: matches!(stringify!($order).as_bytes(), b"<="),
                        upper: stringify!($upper),
                    },)*)?],
                })
            }

            fn show(&self) -> String {
                let shown: Vec<String> = vec![$(format!("{} = {}", stringify!($field), $crate::Describe::show(&self.$field)),)*];
                if shown.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", shown.join(", ")) }
            }

            fn parameters(&self) -> Vec<(&'static str, String, &'static str)> {
                vec![$((stringify!($field), $crate::Describe::show(&self.$field), concat!($($fdoc, "\n",)* "").trim()),)*]
            }
        }

        const _: () = {
            #[derive($crate::hidden::serde::Deserialize)]
            #[serde(crate = "duet_units::hidden::serde", deny_unknown_fields)]
            struct Given {
                $(
                    #[serde(default)]
                    $field: Option<$type>,
                )*
            }

            impl<'de> $crate::hidden::serde::Deserialize<'de> for $name {
                fn deserialize<D: $crate::hidden::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    #[allow(unused_variables)]
                    let given = Given::deserialize(deserializer)?;
                    let read = Self {
                        $($field: match given.$field {
                            Some(value) => {
                                $($crate::hidden::check_range(stringify!($field), &value, $range)?;)?
                                value
                            }
                            None => $crate::parameters!(@default $field, $type $(, $default)?),
                        },)*
                    };
                    $($(
                        let (lower, upper) = ($crate::Describe::numbers(&read.$lower), $crate::Describe::numbers(&read.$upper));
                        if let (Some(low), Some(high)) = (lower.first(), upper.first()) {
                            let ordered = low $order high;
                            if !ordered {
                                return Err($crate::hidden::serde::de::Error::custom(format!(
                                    "{} = {} must be {} {} = {}", stringify!($lower), $crate::Describe::show(&read.$lower),
                                    stringify!($order), stringify!($upper), $crate::Describe::show(&read.$upper))));
                            }
                        }
                    )*)?
                    Ok(read)
                }
            }
        };
    };
    (@default $field:ident, $type:ty, $default:expr) => {
        $default
    };
    (@default $field:ident, $type:ty) => {
        match <$type as $crate::Describe>::absent() {
            Some(value) => value,
            None => return Err($crate::hidden::serde::de::Error::missing_field(stringify!($field))),
        }
    };
}

/// Checks every number inside a value against a range, and says which field broke it.
///
/// # Errors
/// A message with the field's name, its value and the allowed range.
pub fn check_range<T: Describe, E: serde::de::Error>(field: &str, value: &T, range: Range) -> Result<(), E> {
    if value.numbers().iter().all(|&number| range.contains(number)) {
        return Ok(());
    }
    Err(E::custom(format!("{field} = {} must be {range} (in internal units)", value.show())))
}

#[cfg(test)]
mod tests {
    use crate::{self as duet_units, Describe, Range, Shape, Time, Voltage};

    parameters! {
        /// Doc line one,
        /// and its second line.
        ///
        /// # Behaviour
        /// Behaves.
        pub struct Mixed {
            /// Must be given.
            pub rate: f64, in Range::POSITIVE;
            /// May be left out.
            pub note: Option<String>;
            /// Has a default.
            pub tau: Time = Time::new(20.0), in Range::POSITIVE;
        }
    }

    parameters! {
        /// Ordered.
        pub default struct Ordered {
            /// Low.
            pub low: Voltage = Voltage::new(0.0);
            /// High.
            pub high: Voltage = Voltage::new(1.0);
        }
        relations { low < high; }
    }

    #[test]
    fn reads_checks_and_fills_in() {
        let read: Mixed = toml::from_str("rate = 0.5").unwrap();
        assert_eq!(read, Mixed { rate: 0.5, note: None, tau: Time::new(20.0) });
        let words = |text: &str| toml::from_str::<Mixed>(text).unwrap_err().to_string();
        assert!(words("").contains("missing field `rate`"), "{}", words(""));
        assert!(words("rate = -1.0").contains("rate = -1 must be > 0"), "{}", words("rate = -1.0"));
        assert!(words("rate = 1.0\ntau = '0 ms'").contains("tau"), "{}", words("rate = 1.0\ntau = '0 ms'"));
        assert!(words("rate = 1.0\nspeed = 2").contains("unknown field `speed`"));
        assert!(
            toml::from_str::<Ordered>("low = '2 mV'").unwrap_err().to_string().contains("must be < high")
        );
    }

    #[test]
    fn describes_itself() {
        let Shape::Table(page) = Mixed::shape() else { panic!("a table") };
        assert_eq!(page.summary(), "Doc line one, and its second line.");
        assert_eq!(page.section("Behaviour").as_deref(), Some("Behaves."));
        let required: Vec<bool> = page.fields.iter().map(|field| field.required).collect();
        assert_eq!(required, [true, false, false]);
        assert_eq!(page.fields[2].default.as_deref(), Some("20 ms"));
        assert_eq!(page.fields[2].default_number, Some(20.0));
        let Shape::Table(ordered) = Ordered::shape() else { panic!("a table") };
        assert!(!ordered.relations[0].holds(1.0, 1.0));
        assert_eq!(Ordered::default().show(), "{ low = 0 mV, high = 1 mV }");
    }

    #[test]
    fn written_out_and_read_again_it_is_the_same() {
        let mixed = Mixed { rate: 0.1, note: Some("x".into()), tau: Time::new(1.0 / 3.0) };
        assert_eq!(toml::from_str::<Mixed>(&toml::to_string(&mixed).unwrap()).unwrap(), mixed);
    }
}
