use napi_derive::napi;
use sen_host::protocol;

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

/// What a plugin asks to be granted.
#[napi(object, object_from_js = false)]
pub struct Capabilities {
    pub fs_read: Vec<PathPattern>,
    pub fs_write: Vec<PathPattern>,
    pub env_read: Vec<String>,
    pub net: Vec<NetPattern>,
    pub stdio: StdioCapability,
}

/// A directory or file.
#[napi(object, object_from_js = false)]
pub struct PathPattern {
    pub pattern: String,
    pub recursive: bool,
}

/// Hosts on the network.
#[napi(object, object_from_js = false)]
pub struct NetPattern {
    pub host: String,
    pub port: Option<u16>,
    #[napi(ts_type = "'https' | 'http' | 'tcp'")]
    pub protocol: String,
}

/// The standard streams.
#[napi(object, object_from_js = false)]
pub struct StdioCapability {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
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

impl From<&protocol::Capabilities> for Capabilities {
    fn from(capabilities: &protocol::Capabilities) -> Self {
        let paths =
            |patterns: &[protocol::PathPattern]| patterns.iter().map(PathPattern::from).collect();
        let protocol::Stdio {
            stdin,
            stdout,
            stderr,
        } = capabilities.stdio;
        Self {
            fs_read: paths(&capabilities.fs_read),
            fs_write: paths(&capabilities.fs_write),
            env_read: capabilities.env_read.clone(),
            net: capabilities.net.iter().map(NetPattern::from).collect(),
            stdio: StdioCapability {
                stdin,
                stdout,
                stderr,
            },
        }
    }
}

impl From<&protocol::PathPattern> for PathPattern {
    fn from(pattern: &protocol::PathPattern) -> Self {
        Self {
            pattern: pattern.pattern.clone(),
            recursive: pattern.recursive,
        }
    }
}

impl From<&protocol::NetPattern> for NetPattern {
    fn from(pattern: &protocol::NetPattern) -> Self {
        let protocol = match pattern.protocol {
            protocol::NetProtocol::Https => "https",
            protocol::NetProtocol::Http => "http",
            protocol::NetProtocol::Tcp => "tcp",
        };
        Self {
            host: pattern.host.clone(),
            port: pattern.port,
            protocol: protocol.into(),
        }
    }
}
