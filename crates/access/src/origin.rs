//! Where a request comes from: the face, the address, what it is spoken with.
//!
//! It says nothing about who asks. An address can be a person's, so an event holds a commitment to it and never itself
//! (2.6.d). Everything in it is an address, a number or a word of ours: nothing that a caller wrote is kept.

use std::net::IpAddr;

use serde::Serialize;

/// The version of a detail's text.
const VERSION: u8 = 1;

/// Where a request comes from. The port is left out: it changes with every connection, and with it the address would have
/// a detail for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Origin {
    /// The face at which it arrived.
    pub face: Face,
    /// The address of the other end, on the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The number of the user of this machine whose process asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// The version of TLS, `"1.2"` or `"1.3"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<&'static str>,
    /// The name of its suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<&'static str>,
    /// What the caller says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
}

/// A face of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Face {
    /// HTTPS, from the network.
    Https,
    /// The Unix socket of a running server.
    Unix,
    /// A command that opened the home itself.
    InProcess,
}

/// What a caller says it is, by the first word of its `User-Agent`: one of these, and never that word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agent {
    /// This program's command line.
    Bailee,
    /// A browser.
    Browser,
    /// `curl` or `wget`.
    Curl,
    /// A library of Python.
    Python,
    /// A library of Java or of its kin.
    Java,
    /// A library of Go.
    Go,
    /// A library of JavaScript.
    Node,
    /// Something else.
    Other,
}

impl Agent {
    /// The kind of a `User-Agent`.
    pub fn of(header: &str) -> Self {
        const KINDS: [(&str, Agent); 16] = [
            ("bailee/", Agent::Bailee),
            ("mozilla/", Agent::Browser),
            ("curl/", Agent::Curl),
            ("wget/", Agent::Curl),
            ("python", Agent::Python),
            ("aiohttp", Agent::Python),
            ("httpx", Agent::Python),
            ("java", Agent::Java),
            ("okhttp", Agent::Java),
            ("apache-httpclient", Agent::Java),
            ("ktor", Agent::Java),
            ("go-http-client", Agent::Go),
            ("node", Agent::Node),
            ("axios", Agent::Node),
            ("undici", Agent::Node),
            ("got", Agent::Node),
        ];
        let begins =
            |start: &str| header.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        KINDS.iter().find(|(start, _)| begins(start)).map_or(Self::Other, |(_, kind)| *kind)
    }
}

impl Origin {
    /// A command of this machine that opened the home itself.
    pub fn in_process(user: u32) -> Self {
        Self { face: Face::InProcess, address: None, user: Some(user), tls: None, suite: None, agent: None }
    }

    /// As the detail of an event keeps it: one line of compact JSON, its members in this order.
    pub(crate) fn text(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Written<'a> {
            v: u8,
            #[serde(flatten)]
            origin: &'a Origin,
        }
        // Words, numbers and an address: they always make JSON.
        serde_json::to_vec(&Written { v: VERSION, origin: self }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_origin_is_what_the_format_fixes() {
        let origin = Origin {
            face: Face::Https,
            address: Some([192, 0, 2, 7].into()),
            user: None,
            tls: Some("1.3"),
            suite: Some("TLS13_AES_256_GCM_SHA384"),
            agent: Some(Agent::Curl),
        };
        assert_eq!(
            String::from_utf8(origin.text()).unwrap(),
            r#"{"v":1,"face":"https","address":"192.0.2.7","tls":"1.3","suite":"TLS13_AES_256_GCM_SHA384","agent":"curl"}"#
        );
        let text = String::from_utf8(Origin::in_process(1000).text()).unwrap();
        assert_eq!(text, r#"{"v":1,"face":"in-process","user":1000}"#);
    }

    #[test]
    fn of_what_a_caller_says_it_is_only_the_kind_is_kept() {
        for (header, kind) in [
            ("bailee/0.1.0", Agent::Bailee),
            ("Mozilla/5.0 (X11; Linux x86_64)", Agent::Browser),
            ("curl/8.5.0", Agent::Curl),
            ("python-requests/2.31", Agent::Python),
            ("Go-http-client/2.0", Agent::Go),
            ("Jane Doe, 5 High Street", Agent::Other),
            ("", Agent::Other),
            ("ßßßß", Agent::Other),
        ] {
            assert_eq!(Agent::of(header), kind, "{header}");
        }
    }
}
