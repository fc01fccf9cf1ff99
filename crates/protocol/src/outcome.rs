//! What a guest answers to a call.

use serde::{Deserialize, Serialize};

use crate::effect::Effect;

/// A guest's answer to `plugin_execute` or `plugin_resume`.
///
/// On the wire `{"Success": str}`, `{"Error": { code, message }}` or `{"Effect": Effect}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecuteResult {
    /// It is done; the text is what the command prints.
    Success(String),
    /// It failed.
    Error(ExecuteError),
    /// It asks the host to do something and waits for the result in `plugin_resume`.
    Effect(Effect),
}

/// How a guest says that a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteError {
    /// What the process should exit with: guests use 1 for a user's mistake and 101 for a failure of their
    /// own, any other value is theirs. 0 is possible and is a failure too.
    pub code: u8,
    /// For the user. Free text: escape it before it reaches a terminal.
    pub message: String,
}
