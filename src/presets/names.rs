//! Enums that systems write as strings.

/// Defines an enum whose variants have names, spelled exactly or in any case.
macro_rules! names {
    (@fold any $name:expr) => { $name.to_lowercase() };
    (@fold exact $name:expr) => { $name.to_owned() };
    (
        $(#[$doc:meta])*
        $Enum:ident $kind:literal in $case:ident case {
            $($(#[$variant_doc:meta])* $Variant:ident = $name:literal $(| $alias:literal)*,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(try_from = "String", into = "&'static str"))]
        #[non_exhaustive]
        pub enum $Enum {
            $($(#[$variant_doc])* $Variant,)*
        }

        impl core::str::FromStr for $Enum {
            type Err = $crate::error::ConfigError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match $crate::presets::names::names!(@fold $case name).as_str() {
                    $($name $(| $alias)* => Ok($Enum::$Variant),)*
                    _ => Err($crate::suggest::unknown($kind, name, [$($name),*])),
                }
            }
        }

        impl TryFrom<String> for $Enum {
            type Error = $crate::error::ConfigError;

            fn try_from(name: String) -> Result<Self, Self::Error> {
                name.parse()
            }
        }

        impl From<$Enum> for &'static str {
            fn from(value: $Enum) -> Self {
                match value {
                    $($Enum::$Variant => $name,)*
                }
            }
        }

        impl core::fmt::Display for $Enum {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str((*self).into())
            }
        }
    };
}

pub(crate) use names;
