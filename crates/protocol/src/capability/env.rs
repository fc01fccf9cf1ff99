//! Which environment variables a plugin may see.

use super::overlap::folded;
use super::pattern::InvalidPattern;

/// The longest name or prefix of a variable, in bytes.
pub const MAX_ENV_PATTERN_BYTES: usize = 255;

/// How many characters must stand before `*`.
const MIN_PREFIX_CHARS: usize = 3;

/// An exact name, or a prefix that was followed by `*`. Compared byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EnvPattern<'a> {
    Exact(&'a str),
    Prefix(&'a str),
}

impl<'a> EnvPattern<'a> {
    pub(super) fn parse(pattern: &'a str) -> Result<Self, InvalidPattern> {
        if pattern.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        if pattern.len() > MAX_ENV_PATTERN_BYTES {
            return Err(InvalidPattern::VariableTooLong);
        }
        if pattern.contains('\0') {
            return Err(InvalidPattern::Nul);
        }
        if pattern.contains('=') {
            return Err(InvalidPattern::VariableWithEquals);
        }
        let (name, is_prefix) = match pattern.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (pattern, false),
        };
        if name.contains('*') {
            return Err(InvalidPattern::MisplacedWildcard);
        }
        if !is_prefix {
            return Ok(Self::Exact(name));
        }
        if name.chars().count() < MIN_PREFIX_CHARS {
            return Err(InvalidPattern::PrefixTooShort);
        }
        Ok(Self::Prefix(name))
    }

    pub(super) fn covers(&self, request: &Self) -> bool {
        match (self, request) {
            (Self::Exact(granted), Self::Exact(requested)) => granted == requested,
            (Self::Exact(_), Self::Prefix(_)) => false,
            (Self::Prefix(granted), Self::Exact(requested) | Self::Prefix(requested)) => {
                requested.starts_with(granted)
            }
        }
    }

    /// Whether there is a variable that both mean; without regard to case, as on Windows.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let parts = |pattern: &Self| match *pattern {
            Self::Exact(name) => (folded(name), false),
            Self::Prefix(prefix) => (folded(prefix), true),
        };
        let ((a, a_is_prefix), (b, b_is_prefix)) = (parts(self), parts(other));
        a == b || (a_is_prefix && b.starts_with(&a)) || (b_is_prefix && a.starts_with(&b))
    }

    pub(super) fn allows(&self, name: &str) -> bool {
        match self {
            Self::Exact(granted) => *granted == name,
            Self::Prefix(granted) => name.starts_with(granted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Capabilities;
    use InvalidPattern::{
        Empty, MisplacedWildcard, Nul, PrefixTooShort, VariableTooLong, VariableWithEquals,
    };

    fn env(patterns: &[&str]) -> Capabilities {
        Capabilities {
            env_read: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
            ..Capabilities::default()
        }
    }

    #[test]
    fn a_pattern_is_a_name_or_a_prefix_of_three_characters() {
        let longest = "X".repeat(MAX_ENV_PATTERN_BYTES);
        let too_long = "X".repeat(MAX_ENV_PATTERN_BYTES + 1);
        let cases = [
            ("HOME", Ok(EnvPattern::Exact("HOME"))),
            ("A", Ok(EnvPattern::Exact("A"))),
            ("npm_config_x", Ok(EnvPattern::Exact("npm_config_x"))),
            (
                "ProgramFiles(x86)",
                Ok(EnvPattern::Exact("ProgramFiles(x86)")),
            ),
            ("MY_*", Ok(EnvPattern::Prefix("MY_"))),
            ("ééé*", Ok(EnvPattern::Prefix("ééé"))),
            (&longest, Ok(EnvPattern::Exact(&longest))),
            ("", Err(Empty)),
            ("*", Err(PrefixTooShort)),
            ("A*", Err(PrefixTooShort)),
            ("AB*", Err(PrefixTooShort)),
            ("éé*", Err(PrefixTooShort)),
            ("**", Err(MisplacedWildcard)),
            ("*X", Err(MisplacedWildcard)),
            ("A*B", Err(MisplacedWildcard)),
            ("MY_**", Err(MisplacedWildcard)),
            ("MY_*X*", Err(MisplacedWildcard)),
            ("A=B", Err(VariableWithEquals)),
            ("MY_=*", Err(VariableWithEquals)),
            ("A\0", Err(Nul)),
            (&too_long, Err(VariableTooLong)),
        ];
        for (pattern, parsed) in cases {
            assert_eq!(EnvPattern::parse(pattern), parsed, "{pattern:?}");
        }
    }

    #[test]
    fn a_grant_covers_the_same_name_and_longer_prefixes() {
        let cases = [
            ("HOME", "HOME", true),
            ("HOME", "HOME2", false),
            ("HOME2", "HOME", false),
            ("HOME", "home", false),
            ("HOME", "HOM*", false),
            ("HOME", "HOME*", false),
            ("HOME*", "HOME", true),
            ("MY_*", "MY_A", true),
            ("MY_*", "MY_", true),
            ("MY_*", "MY_*", true),
            ("MY_*", "MY_A*", true),
            ("MY_A*", "MY_*", false),
            ("MY_*", "MY", false),
            ("MY_*", "MYX", false),
            ("MY_*", "my_a", false),
            ("MY_*", "XMY_A", false),
            ("MY_*", "*", false),
            ("*", "*", false),
            ("*", "HOME", false),
        ];
        for (grant, request, covered) in cases {
            assert_eq!(
                env(&[grant]).covers(&env(&[request])),
                covered,
                "{grant} covers {request}"
            );
        }
    }

    #[test]
    fn only_granted_variables_are_visible() {
        let grant = env(&["HOME", "MY_*", "*", "AW*"]);
        let cases = [
            ("HOME", true),
            ("MY_KEY", true),
            ("MY_", true),
            ("HOMEPATH", false),
            ("home", false),
            ("AWS_SECRET_ACCESS_KEY", false),
            ("AW*", false),
            ("*", false),
            ("", false),
        ];
        for (name, allowed) in cases {
            assert_eq!(grant.allows_env(name), allowed, "{name:?}");
        }
    }
}
