//! What can be wrong with a pattern.

use super::env::MAX_ENV_PATTERN_BYTES;
use super::path::MAX_PATH_PATTERN_BYTES;

/// Why a pattern for paths, variables or hosts is none. It quotes nothing from the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// Occurs for a pattern without a single character.
    #[error("is empty")]
    Empty,
    /// Occurs for a path or a variable with a NUL character, which no system can name.
    #[error("contains a NUL character")]
    Nul,
    /// Occurs for a path of more than [`MAX_PATH_PATTERN_BYTES`].
    #[error("is a path of more than {MAX_PATH_PATTERN_BYTES} bytes")]
    PathTooLong,
    /// Occurs for a working or home directory that does not begin at the root.
    #[error("is not an absolute path")]
    NotAbsolute,
    /// Occurs for a variable of more than [`MAX_ENV_PATTERN_BYTES`].
    #[error("is a variable's name of more than {MAX_ENV_PATTERN_BYTES} bytes")]
    VariableTooLong,
    /// Occurs for a variable whose name contains `=`, which ends a name in an environment.
    #[error("is a variable's name that contains '='")]
    VariableWithEquals,
    /// Occurs for `*` in the name of a variable anywhere but once at the end.
    #[error("has a '*' that is not the one at the end")]
    MisplacedWildcard,
    /// Occurs for `*`, `A*` and `AB*`: they would show a guest variables that nobody thought of.
    #[error("is too wide: at least three characters must stand before '*'")]
    PrefixTooShort,
    /// Occurs for a host that is neither `*`, a name, `*.` and a name, nor an address: also for a URL, a
    /// port in it, a user, or a name in other letters than ASCII.
    #[error("is not a host: a name in ASCII, '*.' and a name, '*', or an IP address")]
    Host,
    /// Occurs for a name whose last label is a number, such as `127.1` or `0x7f.1`: URLs take it for an IPv4
    /// address, whatever it looks like.
    #[error("is an address in a form other than four decimal numbers")]
    NumericHost,
}
