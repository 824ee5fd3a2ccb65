//! Exit codes: one table for both programs; no code has two meanings.

macro_rules! exits {
    ($($(#[doc = $doc:literal])* $Name:ident = $code:literal,)*) => {
        /// How a program ended, for whoever called it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Exit {
            $($(#[doc = $doc])* $Name = $code,)*
        }

        impl Exit {
            /// Every exit, in order of code.
            pub const ALL: &'static [Self] = &[$(Self::$Name,)*];

            /// The process exit code.
            pub fn code(self) -> u8 {
                self as u8
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$Name => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    };
}

exits! {
    /// Success.
    Success = 0,
    /// A fault of the program or of the machine.
    Internal = 1,
    /// The command line or a setting is wrong.
    Usage = 2,
    /// The library has errors.
    Source = 3,
    /// Warnings reached the fail level.
    Warnings = 4,
    /// The environment's policy denies it.
    Policy = 5,
    /// There are changes.
    Changes = 6,
    /// A gating change has no waiver.
    Gating = 7,
    /// There is drift.
    Drift = 8,
    /// A digest or a signature does not hold.
    Integrity = 9,
    /// What it was based on has moved.
    Stale = 10,
    /// The digests hold, but who signed is not confirmed.
    Unconfirmed = 11,
    /// The run warned.
    Warned = 40,
    /// The run failed.
    Failed = 41,
    /// A critical check failed.
    Critical = 42,
    /// A check or the run could not be carried out.
    Broken = 43,
    /// Nothing was evaluated.
    NothingEvaluated = 44,
    /// The run waits for approval.
    PendingApproval = 45,
    /// Something was out of reach for now: try again.
    Temporary = 75,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
