//! What capabilities must satisfy before their patterns are used, wherever they come from.

use super::env::EnvPattern;
use super::{Capabilities, InvalidPattern, MAX_PATTERNS, NetPattern, PathPattern};

/// Why capabilities are refused: the first field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
#[non_exhaustive]
pub struct InvalidCapabilities {
    /// Which field, such as `fs_read[2].pattern`.
    pub field: String,
    /// What is wrong with it, in a sentence without a subject and a full stop. It quotes nothing.
    pub reason: String,
}

impl Capabilities {
    /// Checks every item by the rules of its kind, and that no list has more than [`MAX_PATTERNS`] entries.
    ///
    /// # Errors
    ///
    /// [`InvalidCapabilities`] for the first field that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidCapabilities> {
        let Self {
            fs_read,
            fs_write,
            env_read,
            net,
            stdio: _,
        } = self;
        check_each("fs_read", ".pattern", fs_read, PathPattern::validate)?;
        check_each("fs_write", ".pattern", fs_write, PathPattern::validate)?;
        check_each("env_read", "", env_read, |pattern| {
            EnvPattern::parse(pattern).map(|_| ())
        })?;
        check_each("net", ".host", net, NetPattern::validate)
    }
}

fn check_each<T>(
    list: &str,
    member: &str,
    patterns: &[T],
    check: impl Fn(&T) -> Result<(), InvalidPattern>,
) -> Result<(), InvalidCapabilities> {
    if patterns.len() > MAX_PATTERNS {
        return Err(InvalidCapabilities {
            field: list.to_owned(),
            reason: format!("has {} entries, {MAX_PATTERNS} are allowed", patterns.len()),
        });
    }
    for (index, pattern) in patterns.iter().enumerate() {
        check(pattern).map_err(|error| InvalidCapabilities {
            field: format!("{list}[{index}]{member}"),
            reason: error.to_string(),
        })?;
    }
    Ok(())
}
