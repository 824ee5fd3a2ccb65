//! What a change of the configuration comes to, on five axes that do not depend on each other.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::code::Code;

macro_rules! effects {
    ($($Axis:ident $axis:literal $code:ident: $($(#[doc = $doc:literal])* $Value:ident $value:literal $gates:literal,)*;)*) => {
        /// What a change comes to, on one axis.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Impact {
            $(#[doc = concat!("On the axis `", $axis, "`.")] $Axis($Axis),)*
        }

        $(
            /// The values of an axis.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $Axis {
                $($(#[doc = $doc])* $Value,)*
            }
        )*

        impl Impact {
            /// Every effect, by axis.
            pub const ALL: &'static [Self] = &[$($(Self::$Axis($Axis::$Value),)*)*];

            /// The axis.
            pub fn axis(self) -> &'static str {
                match self { $(Self::$Axis(_) => $axis,)* }
            }

            /// The value on its axis.
            pub fn value(self) -> &'static str {
                match self { $($(Self::$Axis($Axis::$Value) => $value,)*)* }
            }

            /// Whether somebody has to agree before it is merged.
            pub fn gates(self) -> bool {
                match self { $($(Self::$Axis($Axis::$Value) => $gates,)*)* }
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $($(Self::$Axis($Axis::$Value) => concat!($($doc),*).trim_ascii(),)*)* }
            }

            /// The code under which reports for machines know its axis.
            pub fn code(self) -> Code {
                match self { $(Self::$Axis(_) => Code::$code,)* }
            }
        }
    };
}

effects! {
    Verdict "verdict" ReviewVerdict:
        /// A rule finds all that it found, and may find more.
        Stricter "stricter" false,
        /// A rule finds less than it did.
        Looser "looser" true,
        /// A rule is written otherwise and finds the same.
        Equivalent "equivalent" false,
        /// A rule may find what it did not, and miss what it did.
        Incomparable "incomparable" true,
        /// What is found may change in ways that nothing but data can tell.
        Unknown "unknown" true,
        ;
    Contract "contract" ReviewContract:
        /// Those who rely on a promise can no longer do so.
        Breaking "breaking" true,
        /// A promise changes and nobody who relies on it is hurt.
        Compatible "compatible" false,
        /// What is said to people changes, and nothing else.
        Metadata "metadata" false,
        /// A promise changes in a way that is not understood.
        Unknown "unknown" true,
        ;
    Coverage "coverage" ReviewCoverage:
        /// More data is judged, or more is asked of it.
        More "more" false,
        /// Less data is judged, or less is asked of it.
        Less "less" true,
        /// Other data is judged.
        Moved "moved" true,
        /// Which data is judged changes in a way that is not understood.
        Unknown "unknown" true,
        ;
    Reach "effect" ReviewEffect:
        /// More is done after a run.
        Wider "wider" true,
        /// Less is done after a run.
        Narrower "narrower" false,
        /// It is done elsewhere, otherwise or at another time.
        Retargeted "retargeted" true,
        /// What is done changes in a way that is not understood.
        Unknown "unknown" true,
        ;
    Governance "governance" ReviewGovernance:
        /// Data, or the rules themselves, are guarded less.
        Weakened "weakened" true,
        /// They are guarded more.
        Strengthened "strengthened" false,
        /// How they are guarded changes in a way that is not understood.
        Unknown "unknown" true,
        ;
}

impl Impact {
    /// The impact of that name, such as `verdict.looser`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|impact| impact.to_string() == name)
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.axis(), self.value())
    }
}

impl Serialize for Impact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
