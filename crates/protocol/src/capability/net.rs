//! Which hosts a plugin's effects may reach.

use std::fmt::{self, Display};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::pattern::InvalidPattern;

/// The longest host name and the longest label in it, in bytes (RFC 1035, section 2.3.4, without the dot at
/// the end).
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// How a host is spoken to.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum NetProtocol {
    /// HTTP over TLS; what a pattern means that does not say.
    #[default]
    Https,
    /// HTTP in the clear.
    Http,
    /// Anything else over TCP.
    Tcp,
}

impl NetProtocol {
    /// Its name on the wire: `https`, `http` or `tcp`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Tcp => "tcp",
        }
    }
}

/// Hosts that may be contacted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NetPattern {
    /// A host name; `*.` and a name, which means that name and all below it; `*`, which means any host; or
    /// an IPv4 or IPv6 address, the latter with or without brackets.
    ///
    /// A name is ASCII, with letters, digits, `-` and `_` in its labels (an international name in its
    /// `xn--` form). Case and one dot at the end make no difference. Whether a host may be contacted that
    /// turns out to have a private address is not decided here.
    pub host: String,
    /// The port, or any.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the host is spoken to. Default: `https`.
    #[serde(default)]
    pub protocol: NetProtocol,
}

impl NetPattern {
    /// Whether a grant of this covers `request`: the protocol is the same, the port is the same or any is
    /// granted, and the host lies within the granted one.
    ///
    /// `*.example.com` covers `example.com`, `a.example.com` and `*.a.example.com`, never `badexample.com`.
    /// `*` covers every host, and only `*` covers `*`. An address is covered by itself and by `*`.
    #[must_use]
    pub fn covers(&self, request: &Self) -> bool {
        match (ParsedNet::parse(self), ParsedNet::parse(request)) {
            (Ok(grant), Ok(request)) => grant.covers(&request),
            _ => false,
        }
    }

    /// Whether a grant of this allows to contact `host`, as
    /// [`Capabilities::allows_net`](crate::Capabilities::allows_net) says.
    #[must_use]
    pub fn allows(&self, protocol: NetProtocol, host: &str, port: u16) -> bool {
        if self.protocol != protocol || self.port.is_some_and(|granted| granted != port) {
            return false;
        }
        match (HostPattern::parse(&self.host), HostPattern::parse(host)) {
            (Ok(grant), Ok(host)) => host.is_one_host() && grant.covers(&host),
            _ => false,
        }
    }

    pub(super) fn normalized(&self) -> Self {
        let host = match HostPattern::parse(&self.host) {
            Ok(host) => host.to_string(),
            Err(_) => self.host.clone(),
        };
        Self {
            host,
            port: self.port,
            protocol: self.protocol,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidPattern> {
        HostPattern::parse(&self.host).map(|_| ())
    }
}

/// A [`NetPattern`] that has been read.
pub(super) struct ParsedNet {
    host: HostPattern,
    port: Option<u16>,
    protocol: NetProtocol,
}

impl ParsedNet {
    pub(super) fn parse(pattern: &NetPattern) -> Result<Self, InvalidPattern> {
        Ok(Self {
            host: HostPattern::parse(&pattern.host)?,
            port: pattern.port,
            protocol: pattern.protocol,
        })
    }

    pub(super) fn covers(&self, request: &Self) -> bool {
        self.protocol == request.protocol
            && (self.port.is_none() || self.port == request.port)
            && self.host.covers(&request.host)
    }

    /// Whether there is a host, port and protocol that both mean. HTTP goes over TCP, so `tcp` meets every
    /// protocol.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let same_protocol = self.protocol == other.protocol
            || self.protocol == NetProtocol::Tcp
            || other.protocol == NetProtocol::Tcp;
        let same_port = self.port.is_none() || other.port.is_none() || self.port == other.port;
        same_protocol && same_port && self.host.overlaps(&other.host)
    }
}

/// A host as compared: names in lower case and without the dot at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Any,
    /// The name behind `*.`.
    Below(String),
    Name(String),
    V4(Ipv4Addr),
    /// Also an IPv4 address in IPv6 form, which is not the same host as the address itself: whoever
    /// contacts it must have been granted that form.
    V6(Ipv6Addr),
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self, InvalidPattern> {
        if host.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        if host == "*" {
            return Ok(Self::Any);
        }
        if let Some(suffix) = host.strip_prefix("*.") {
            return parse_name(suffix).map(Self::Below);
        }
        if host.contains(':') {
            let address = host
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .unwrap_or(host);
            return match address.parse() {
                Ok(address) => Ok(Self::V6(address)),
                Err(_) => Err(InvalidPattern::Host),
            };
        }
        match host.strip_suffix('.').unwrap_or(host).parse() {
            Ok(address) => Ok(Self::V4(address)),
            Err(_) => parse_name(host).map(Self::Name),
        }
    }

    fn is_one_host(&self) -> bool {
        !matches!(self, Self::Any | Self::Below(_))
    }

    fn covers(&self, request: &Self) -> bool {
        match (self, request) {
            (Self::Any, _) => true,
            (Self::Below(granted), Self::Below(name) | Self::Name(name)) => name
                .strip_suffix(granted.as_str())
                .is_some_and(|above| above.is_empty() || above.ends_with('.')),
            _ => self == request,
        }
    }

    /// Whether there is a host that both mean. An IPv4 address in IPv6 form is that address.
    fn overlaps(&self, other: &Self) -> bool {
        self.covers(other)
            || other.covers(self)
            || matches!((self.v4(), other.v4()), (Some(a), Some(b)) if a == b)
    }

    fn v4(&self) -> Option<Ipv4Addr> {
        match self {
            Self::V4(address) => Some(*address),
            Self::V6(address) => address.to_ipv4_mapped(),
            _ => None,
        }
    }
}

impl Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

fn parse_name(name: &str) -> Result<String, InvalidPattern> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > MAX_NAME_BYTES || !name.split('.').all(is_label) {
        return Err(InvalidPattern::Host);
    }
    if name.rsplit('.').next().is_some_and(is_number) {
        return Err(InvalidPattern::NumericHost);
    }
    Ok(name.to_ascii_lowercase())
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Whether a name that ends with this label is an IPv4 address to a URL parser, by the rule "ends in a
/// number" of the WHATWG URL standard.
fn is_number(label: &str) -> bool {
    let hexadecimal = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Capabilities;
    use InvalidPattern::{Empty, Host, NumericHost};
    use NetProtocol::{Http, Https, Tcp};

    fn net(protocol: NetProtocol, host: &str, port: Option<u16>) -> NetPattern {
        NetPattern {
            host: host.to_owned(),
            port,
            protocol,
        }
    }

    #[test]
    fn every_spelling_of_a_host_has_one_canonical_spelling() {
        let cases = [
            ("example.com", "example.com"),
            ("Example.COM.", "example.com"),
            ("localhost.", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("my_service", "my_service"),
            ("3com.com", "3com.com"),
            ("1.2.3.4.example", "1.2.3.4.example"),
            ("*.example.com", "*.example.com"),
            ("*.Example.com.", "*.example.com"),
            ("*.com", "*.com"),
            ("*", "*"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1.", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("[2001:DB8:0:0::1]", "[2001:db8::1]"),
            ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"),
            ("[::ffff:7f00:1]", "[::ffff:127.0.0.1]"),
        ];
        for (host, canonical) in cases {
            let parsed = HostPattern::parse(host).unwrap();
            assert_eq!(parsed.to_string(), canonical, "{host}");
            assert_eq!(HostPattern::parse(canonical), Ok(parsed), "{host}");
        }
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = [
            "a".repeat(63),
            "b".repeat(63),
            "c".repeat(63),
            "d".repeat(62),
        ]
        .join(".");
        let cases = [
            ("", Empty),
            (".", Host),
            ("..", Host),
            ("*.", Host),
            ("**", Host),
            ("*com", Host),
            ("*.*", Host),
            ("*.*.com", Host),
            ("a.*.com", Host),
            ("a.*", Host),
            ("a..com", Host),
            ("a.com..", Host),
            (".a.com", Host),
            ("*..com", Host),
            ("-a.com", Host),
            ("a-.com", Host),
            ("a b.com", Host),
            ("a.com\0", Host),
            ("a.com\n", Host),
            ("a.com/x", Host),
            ("a.com\\x", Host),
            ("https://a.com", Host),
            ("a.com:443", Host),
            ("user@a.com", Host),
            ("a%2ecom", Host),
            ("bücher.example", Host),
            ("ｅxample.com", Host),
            ("a。com", Host),
            ("[127.0.0.1]", Host),
            ("[::1", Host),
            ("::1]", Host),
            ("[::1]:443", Host),
            ("[::1].", Host),
            ("[fe80::1%eth0]", Host),
            ("*.::1", Host),
            (&long_label, Host),
            (&long_name, Host),
            ("127.1", NumericHost),
            ("0x7f.1", NumericHost),
            ("0x7f.0.0.0x1", NumericHost),
            ("2130706433", NumericHost),
            ("0x7f000001", NumericHost),
            ("0X7F000001.", NumericHost),
            ("0x", NumericHost),
            ("127.0.0.01", NumericHost),
            ("256.0.0.1", NumericHost),
            ("1.2.3.4.5", NumericHost),
            ("example.0x1", NumericHost),
            ("*.1", NumericHost),
            ("*.127.0.0.1", NumericHost),
        ];
        for (host, error) in cases {
            assert_eq!(HostPattern::parse(host), Err(error), "{host:?}");
        }
    }

    #[test]
    fn a_granted_host_covers_itself_and_what_its_wildcard_says() {
        let cases = [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            ("example.com", "www.example.com", false),
            ("example.com", "*.example.com", false),
            ("www.example.com", "example.com", false),
            ("*.example.com", "example.com", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "b.a.example.com.", true),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", "example.com.evil.org", false),
            ("*.example.com", "com", false),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "*.a.example.com", true),
            ("*.example.com", "*.badexample.com", false),
            ("*.a.example.com", "*.example.com", false),
            ("*.example.com", "*", false),
            ("*", "*", true),
            ("*", "*.example.com", true),
            ("*", "example.com", true),
            ("*", "127.0.0.1", true),
            ("*", "[::1]", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "[::ffff:127.0.0.1]", false),
            ("[::ffff:127.0.0.1]", "127.0.0.1", false),
            ("[::1]", "0:0:0:0:0:0:0:1", true),
            ("localhost", "127.0.0.1", false),
            ("*.com", "127.0.0.1", false),
            ("*.example.com", "*.", false),
        ];
        for (grant, request, covered) in cases {
            assert_eq!(
                net(Https, grant, None).covers(&net(Https, request, None)),
                covered,
                "{grant} covers {request}"
            );
        }
    }

    #[test]
    fn the_protocol_must_match_and_the_port_unless_any_is_granted() {
        let cases = [
            ((Https, None), (Https, None), true),
            ((Https, None), (Https, Some(8443)), true),
            ((Https, Some(443)), (Https, Some(443)), true),
            ((Https, Some(443)), (Https, Some(444)), false),
            ((Https, Some(443)), (Https, None), false),
            ((Https, None), (Http, None), false),
            ((Http, None), (Https, None), false),
            ((Tcp, None), (Https, Some(443)), false),
            ((Tcp, Some(22)), (Tcp, Some(22)), true),
        ];
        for ((grant, granted_port), (request, requested_port), covered) in cases {
            let grant = net(grant, "example.com", granted_port);
            let request = net(request, "example.com", requested_port);
            assert_eq!(grant.covers(&request), covered, "{grant:?} {request:?}");
        }
    }

    #[test]
    fn only_granted_hosts_may_be_contacted() {
        let grant = Capabilities {
            net: vec![
                net(Https, "*.example.com", None),
                net(Http, "localhost", Some(8080)),
                net(Tcp, "[::1]", Some(22)),
                net(Https, "0x7f.1", None),
            ],
            ..Capabilities::default()
        };
        let cases = [
            (Https, "example.com", 443, true),
            (Https, "API.example.com.", 8443, true),
            (Https, "badexample.com", 443, false),
            (Http, "api.example.com", 80, false),
            (Http, "localhost", 8080, true),
            (Http, "localhost.", 8080, true),
            (Http, "localhost", 80, false),
            (Tcp, "::1", 22, true),
            (Tcp, "[::1]", 22, true),
            (Tcp, "::2", 22, false),
            (Https, "*.example.com", 443, false),
            (Https, "*", 443, false),
            (Https, "", 443, false),
            (Https, "0x7f.1", 443, false),
            (Https, "127.0.0.1", 443, false),
            (Https, "user@api.example.com", 443, false),
        ];
        for (protocol, host, port, allowed) in cases {
            assert_eq!(
                grant.allows_net(protocol, host, port),
                allowed,
                "{protocol:?} {host} {port}"
            );
        }
        let any = Capabilities {
            net: vec![net(Https, "*", None)],
            ..Capabilities::default()
        };
        assert!(any.allows_net(Https, "10.0.0.1", 443));
        assert!(!any.allows_net(Https, "*", 443));
        assert!(!any.allows_net(Https, "127.1", 443));
    }
}
