//! The host's standard streams.

use serde::{Deserialize, Serialize};

/// Which of the host's standard streams a plugin may use. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stdio {
    /// Reading standard input.
    #[serde(default)]
    pub stdin: bool,
    /// Writing to standard output.
    #[serde(default)]
    pub stdout: bool,
    /// Writing to standard error.
    #[serde(default)]
    pub stderr: bool,
}

impl Stdio {
    /// Whether this grant covers every stream in `request`.
    #[must_use]
    pub fn covers(self, request: Self) -> bool {
        (self.stdin || !request.stdin)
            && (self.stdout || !request.stdout)
            && (self.stderr || !request.stderr)
    }

    /// The streams that both name.
    #[must_use]
    pub fn covered(self, request: Self) -> Self {
        Self {
            stdin: self.stdin && request.stdin,
            stdout: self.stdout && request.stdout,
            stderr: self.stderr && request.stderr,
        }
    }

    /// The streams in `request` that this grant does not name.
    #[must_use]
    pub fn missing(self, request: Self) -> Self {
        Self {
            stdin: !self.stdin && request.stdin,
            stdout: !self.stdout && request.stdout,
            stderr: !self.stderr && request.stderr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_exactly_the_streams_it_names() {
        let all = (0..8_u8).map(|bits| Stdio {
            stdin: bits & 1 != 0,
            stdout: bits & 2 != 0,
            stderr: bits & 4 != 0,
        });
        for (g, grant) in all.clone().enumerate() {
            for (r, request) in all.clone().enumerate() {
                assert_eq!(grant.covers(request), r & !g == 0, "{grant:?} {request:?}");
                assert_eq!(all.clone().nth(r & g), Some(grant.covered(request)));
                assert_eq!(all.clone().nth(r & !g), Some(grant.missing(request)));
            }
        }
    }
}
