//! What a decoded manifest must satisfy before its names and patterns are used.

use super::command_name::{MAX_COMMAND_NAME_CHARS, is_command_name};
use super::{CommandSpec, PluginManifest};
use crate::capability::InvalidCapabilities;
use crate::text::inert;

/// Why a manifest is refused: the first field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
#[non_exhaustive]
pub struct InvalidManifest {
    /// Which field, such as `command.subcommands[2].name` or `capabilities.net[0].host`.
    pub field: String,
    /// What is wrong with it, in a sentence without a full stop. What it quotes from the guest is escaped
    /// and shortened.
    pub reason: String,
}

impl PluginManifest {
    /// Checks names and patterns: every command's and subcommand's name by
    /// [`is_command_name`], every capability by the rules of its kind, and that no list of
    /// capabilities has more than [`MAX_PATTERNS`](crate::MAX_PATTERNS) entries.
    ///
    /// The version is not looked at, and texts such as `about` are free.
    ///
    /// # Errors
    ///
    /// [`InvalidManifest`] for the first field that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidManifest> {
        validate_command(&self.command, "command")?;
        self.capabilities
            .validate()
            .map_err(|InvalidCapabilities { field, reason }| InvalidManifest {
                field: format!("capabilities.{field}"),
                reason,
            })
    }
}

/// Recursive as the commands are; a decoded manifest nests at most
/// [`MAX_DEPTH`](crate::MAX_DEPTH) deep.
fn validate_command(command: &CommandSpec, path: &str) -> Result<(), InvalidManifest> {
    if !is_command_name(&command.name) {
        return Err(InvalidManifest {
            field: format!("{path}.name"),
            reason: format!(
                "\"{}\" is not a command name, which is one word of 1 to {MAX_COMMAND_NAME_CHARS} ASCII \
                 letters, digits, '-', '_', ':' and '.' that starts with a letter or digit",
                inert(&command.name, MAX_COMMAND_NAME_CHARS)
            ),
        });
    }
    for (index, subcommand) in command.subcommands.iter().enumerate() {
        validate_command(subcommand, &format!("{path}.subcommands[{index}]"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::{Capabilities, MAX_PATTERNS, NetPattern, NetProtocol, PathPattern};

    fn command(name: &str) -> CommandSpec {
        CommandSpec {
            name: name.to_owned(),
            about: "\u{1b}[31mfree text\0".to_owned(),
            version: None,
            author: None,
            args: vec![],
            subcommands: vec![],
        }
    }

    fn manifest(command: CommandSpec, capabilities: Capabilities) -> PluginManifest {
        PluginManifest {
            api_version: 7,
            command,
            capabilities,
        }
    }

    fn refused_field(capabilities: Capabilities) -> String {
        manifest(command("ok"), capabilities)
            .validate()
            .unwrap_err()
            .field
    }

    #[test]
    fn a_manifest_with_good_names_and_patterns_is_accepted_whatever_its_texts_and_version() {
        let mut parent = command("db");
        parent.subcommands = vec![command("create"), command("drop")];
        let capabilities = Capabilities {
            fs_read: vec![PathPattern {
                pattern: "./data".to_owned(),
                recursive: true,
            }],
            env_read: vec!["HOME".to_owned(), "MY_*".to_owned()],
            net: vec![NetPattern {
                host: "*.example.com".to_owned(),
                port: None,
                protocol: NetProtocol::Https,
            }],
            ..Capabilities::default()
        };
        assert_eq!(manifest(parent, capabilities).validate(), Ok(()));
    }

    #[test]
    fn the_error_names_the_subcommand_that_is_wrong() {
        let mut inner = command("inner");
        inner.subcommands = vec![command("fine"), command("not fine")];
        let mut outer = command("outer");
        outer.subcommands = vec![command("a"), command("b"), inner];
        let error = manifest(outer, Capabilities::default())
            .validate()
            .unwrap_err();
        assert_eq!(error.field, "command.subcommands[2].subcommands[1].name");
        assert!(error.to_string().starts_with(
            "command.subcommands[2].subcommands[1].name: \"not fine\" is not a command name"
        ));
    }

    #[test]
    fn a_hostile_name_is_quoted_escaped_and_short() {
        let hostile = "\u{1b}]52;c;".repeat(100_000);
        let error = manifest(command(&hostile), Capabilities::default())
            .validate()
            .unwrap_err();
        assert_eq!(error.field, "command.name");
        assert!(error.reason.len() < 300, "{}", error.reason.len());
        assert!(!error.reason.contains('\u{1b}'));
    }

    #[test]
    fn the_error_names_the_capability_that_is_wrong() {
        let path = |pattern: &str| PathPattern {
            pattern: pattern.to_owned(),
            recursive: false,
        };
        let host = |host: &str| NetPattern {
            host: host.to_owned(),
            port: None,
            protocol: NetProtocol::Https,
        };
        let none = Capabilities::default;
        let cases = [
            (
                Capabilities {
                    fs_read: vec![path("ok"), path("")],
                    ..none()
                },
                "capabilities.fs_read[1].pattern",
            ),
            (
                Capabilities {
                    fs_write: vec![path("a\0b")],
                    ..none()
                },
                "capabilities.fs_write[0].pattern",
            ),
            (
                Capabilities {
                    env_read: vec!["*".to_owned()],
                    ..none()
                },
                "capabilities.env_read[0]",
            ),
            (
                Capabilities {
                    net: vec![host("*"), host("a b")],
                    ..none()
                },
                "capabilities.net[1].host",
            ),
            (
                Capabilities {
                    fs_read: vec![path("x"); MAX_PATTERNS + 1],
                    ..none()
                },
                "capabilities.fs_read",
            ),
        ];
        for (capabilities, field) in cases {
            assert_eq!(refused_field(capabilities), field);
        }
        let many = Capabilities {
            fs_read: vec![path("x"); MAX_PATTERNS],
            ..none()
        };
        assert_eq!(manifest(command("ok"), many).validate(), Ok(()));
    }
}
