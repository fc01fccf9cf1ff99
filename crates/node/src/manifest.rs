use napi_derive::napi;
use sen_host::protocol;

use crate::capability::Capabilities;

/// What a plugin says of itself.
#[napi(object, object_from_js = false)]
pub struct PluginManifest {
    pub api_version: u32,
    pub command: CommandSpec,
    pub capabilities: Capabilities,
}

/// A command and its subcommands.
#[napi(object, object_from_js = false)]
pub struct CommandSpec {
    pub name: String,
    pub about: String,
    pub version: Option<String>,
    pub author: Option<String>,
    pub args: Vec<ArgSpec>,
    pub subcommands: Vec<CommandSpec>,
}

/// An argument or option of a command.
#[napi(object, object_from_js = false)]
pub struct ArgSpec {
    pub name: String,
    pub long: Option<String>,
    pub short: Option<String>,
    pub required: bool,
    pub help: String,
    pub value_name: Option<String>,
    pub default_value: Option<String>,
    pub possible_values: Option<Vec<String>>,
}

impl From<&protocol::PluginManifest> for PluginManifest {
    fn from(manifest: &protocol::PluginManifest) -> Self {
        Self {
            api_version: manifest.api_version,
            command: (&manifest.command).into(),
            capabilities: (&manifest.capabilities).into(),
        }
    }
}

impl From<&protocol::CommandSpec> for CommandSpec {
    fn from(spec: &protocol::CommandSpec) -> Self {
        Self {
            name: spec.name.clone(),
            about: spec.about.clone(),
            version: spec.version.clone(),
            author: spec.author.clone(),
            args: spec.args.iter().map(ArgSpec::from).collect(),
            subcommands: spec.subcommands.iter().map(Self::from).collect(),
        }
    }
}

impl From<&protocol::ArgSpec> for ArgSpec {
    fn from(spec: &protocol::ArgSpec) -> Self {
        Self {
            name: spec.name.clone(),
            long: spec.long.clone(),
            short: spec.short.map(String::from),
            required: spec.required,
            help: spec.help.clone(),
            value_name: spec.value_name.clone(),
            default_value: spec.default_value.clone(),
            possible_values: spec.possible_values.clone(),
        }
    }
}
