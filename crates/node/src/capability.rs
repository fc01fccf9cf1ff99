use napi::{Error, Result, Status};
use napi_derive::napi;
use sen_host::protocol;

/// What a plugin asks for, or is granted.
#[napi(object)]
pub struct Capabilities {
    pub fs_read: Vec<PathPattern>,
    pub fs_write: Vec<PathPattern>,
    pub env_read: Vec<String>,
    pub net: Vec<NetPattern>,
    pub stdio: StdioCapability,
}

/// A directory or file.
#[napi(object)]
pub struct PathPattern {
    pub pattern: String,
    pub recursive: bool,
}

/// Hosts on the network.
#[napi(object)]
pub struct NetPattern {
    pub host: String,
    pub port: Option<u16>,
    #[napi(ts_type = "'https' | 'http' | 'tcp'")]
    pub protocol: String,
}

/// The standard streams.
#[napi(object)]
pub struct StdioCapability {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
}

/// What is wrong with capabilities.
#[napi(object, object_from_js = false)]
pub struct InvalidCapabilities {
    /// The first field that breaks a rule, as `fsRead[2].pattern`.
    pub field: String,
    /// What is wrong with it; continues a sentence that begins with the field.
    pub reason: String,
}

/// Whether a grant covers everything in a request. See the protocol's `Capabilities::covers`.
#[napi(catch_unwind)]
pub fn capabilities_cover(grant: Capabilities, request: Capabilities) -> Result<bool> {
    Ok(read(grant)?.covers(&read(request)?))
}

/// What of a request a grant does not cover, as it was requested.
#[napi(catch_unwind)]
pub fn capabilities_missing(grant: Capabilities, request: Capabilities) -> Result<Capabilities> {
    Ok((&read(grant)?.missing(&read(request)?)).into())
}

/// What both a grant and a request allow, as it was requested, or granted where only part of it was.
#[napi(catch_unwind)]
pub fn capabilities_common(grant: Capabilities, request: Capabilities) -> Result<Capabilities> {
    Ok((&read(grant)?.common(&read(request)?)).into())
}

/// What of a request has anything in common with a deny list. Throws for directories that are not
/// absolute.
#[napi(catch_unwind)]
pub fn capabilities_overlapping(
    deny: Capabilities,
    request: Capabilities,
    working_directory: String,
    home: String,
) -> Result<Capabilities> {
    let anchors = anchors(&working_directory, &home)?;
    Ok((&read(deny)?.overlapping(&read(request)?, &anchors)).into())
}

/// Which directories it depends on what paths mean.
#[napi(object, object_from_js = false)]
pub struct StartsFrom {
    pub working_directory: bool,
    pub home: bool,
}

/// What paths of capabilities start from, besides the root. See the protocol's
/// `Capabilities::starts_from`.
#[napi(catch_unwind)]
pub fn capabilities_start_from(capabilities: Capabilities) -> Result<StartsFrom> {
    let capabilities = read(capabilities)?;
    Ok(StartsFrom {
        working_directory: capabilities.starts_from(protocol::Anchor::WorkingDirectory),
        home: capabilities.starts_from(protocol::Anchor::Home),
    })
}

/// Identifies capabilities however they are spelled and ordered: `blake3:` and 64 hexadecimal
/// digits.
#[napi(catch_unwind)]
pub fn capabilities_hash(capabilities: Capabilities) -> Result<String> {
    Ok(read(capabilities)?.canonical_hash())
}

/// The same capabilities in their one canonical spelling.
#[napi(catch_unwind)]
pub fn capabilities_normalized(capabilities: Capabilities) -> Result<Capabilities> {
    Ok((&read(capabilities)?.normalized()).into())
}

/// Whether a grant allows to contact a host at a port. See the protocol's
/// `Capabilities::allows_net`.
#[napi(catch_unwind)]
pub fn capabilities_allow_net(
    grant: Capabilities,
    #[napi(ts_arg_type = "'https' | 'http' | 'tcp'")] protocol: String,
    host: String,
    port: u16,
) -> Result<bool> {
    Ok(read(grant)?.allows_net(net_protocol(&protocol)?, &host, port))
}

/// What is wrong with capabilities; nothing for those that are right.
#[napi(catch_unwind)]
pub fn capabilities_invalid(capabilities: Capabilities) -> Result<Option<InvalidCapabilities>> {
    let problem = read(capabilities)?.validate().err();
    Ok(problem.map(|invalid| InvalidCapabilities {
        field: in_javascript(&invalid.field),
        reason: invalid.reason,
    }))
}

/// Where the path of a pattern leads, by its text. Throws for a pattern that is none, and for
/// directories that are not absolute.
#[napi(catch_unwind)]
pub fn absolute_path(pattern: String, working_directory: String, home: String) -> Result<String> {
    anchors(&working_directory, &home)?
        .resolve(&pattern)
        .map_err(|error| invalid(format!("the pattern {error}")))
}

fn anchors(working_directory: &str, home: &str) -> Result<protocol::Anchors> {
    protocol::Anchors::new(working_directory, home)
        .map_err(|error| invalid(format!("the working or home directory {error}")))
}

fn net_protocol(name: &str) -> Result<protocol::NetProtocol> {
    use protocol::NetProtocol::{Http, Https, Tcp};
    [Https, Http, Tcp]
        .into_iter()
        .find(|protocol| protocol.as_str() == name)
        .ok_or_else(|| invalid("the protocol is none of https, http and tcp".to_owned()))
}

fn invalid(reason: String) -> Error {
    Error::new(Status::InvalidArg, reason)
}

/// A list's name as JavaScript has it.
fn in_javascript(field: &str) -> String {
    ["fs_read", "fs_write", "env_read"]
        .into_iter()
        .zip(["fsRead", "fsWrite", "envRead"])
        .find_map(|(wire, name)| field.strip_prefix(wire).map(|rest| format!("{name}{rest}")))
        .unwrap_or_else(|| field.to_owned())
}

/// TypeScript has checked shapes and types.
pub(crate) fn read(capabilities: Capabilities) -> Result<protocol::Capabilities> {
    let paths = |patterns: Vec<PathPattern>| {
        patterns
            .into_iter()
            .map(|PathPattern { pattern, recursive }| protocol::PathPattern { pattern, recursive })
            .collect()
    };
    let net = |NetPattern {
                   host,
                   port,
                   protocol,
               }| {
        Ok(protocol::NetPattern {
            host,
            port,
            protocol: net_protocol(&protocol)?,
        })
    };
    let StdioCapability {
        stdin,
        stdout,
        stderr,
    } = capabilities.stdio;
    Ok(protocol::Capabilities {
        fs_read: paths(capabilities.fs_read),
        fs_write: paths(capabilities.fs_write),
        env_read: capabilities.env_read,
        net: capabilities
            .net
            .into_iter()
            .map(net)
            .collect::<Result<_>>()?,
        stdio: protocol::Stdio {
            stdin,
            stdout,
            stderr,
        },
    })
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
        Self {
            host: pattern.host.clone(),
            port: pattern.port,
            protocol: pattern.protocol.as_str().into(),
        }
    }
}
