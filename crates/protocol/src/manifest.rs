//! What a plugin says about itself: its command and what it would like to be allowed.

mod command_name;
mod validate;

use serde::{Deserialize, Serialize};

use crate::capability::Capabilities;

pub use command_name::{MAX_COMMAND_NAME_CHARS, is_command_name};
pub use validate::InvalidManifest;

/// The answer to `plugin_manifest`.
///
/// Decoded by [`decode_manifest`](crate::decode_manifest), which says nothing about its contents: check
/// `api_version` first, then call [`validate`](Self::validate).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginManifest {
    /// The protocol's version that the plugin was built for; only
    /// [`API_VERSION`](crate::API_VERSION) can be run.
    pub api_version: u32,
    /// The command the plugin provides.
    pub command: CommandSpec,
    /// What the plugin requests. Default: nothing.
    #[serde(default)]
    pub capabilities: Capabilities,
}

/// A command or subcommand.
///
/// The texts are free: they may contain control characters and must be escaped before they reach a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSpec {
    /// What the user types; see [`is_command_name`].
    pub name: String,
    /// One line for the list of commands.
    pub about: String,
    /// The plugin's version, free text.
    #[serde(default)]
    pub version: Option<String>,
    /// Who wrote it, free text.
    #[serde(default)]
    pub author: Option<String>,
    /// Its arguments, for help and completion; the guest parses them itself.
    #[serde(default)]
    pub args: Vec<ArgSpec>,
    /// Commands below this one.
    #[serde(default)]
    pub subcommands: Vec<CommandSpec>,
}

/// An argument of a command: positional if it has neither `long` nor `short`. All texts are free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgSpec {
    /// What it is called in help.
    pub name: String,
    /// The long option. Plugins write it with or without the leading `--`.
    #[serde(default)]
    pub long: Option<String>,
    /// The short option's letter; on the wire a string of one character.
    #[serde(default)]
    pub short: Option<char>,
    /// Whether the command fails without it.
    #[serde(default)]
    pub required: bool,
    /// A line of help.
    #[serde(default)]
    pub help: String,
    /// What stands for the value in help, such as `FILE`.
    #[serde(default)]
    pub value_name: Option<String>,
    /// What the guest assumes if it is missing.
    #[serde(default)]
    pub default_value: Option<String>,
    /// The only values that the guest accepts, if there is such a list.
    #[serde(default)]
    pub possible_values: Option<Vec<String>>,
}
