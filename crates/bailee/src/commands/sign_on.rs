//! `bailee login --sign-on`: coming in by the home's provider, in a browser on this machine (RFC 8252).
//!
//! The command listens at a free port of this machine, sends the browser to the provider, and hands what it brings back to the
//! home. It sees neither the provider's password nor its tokens.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bailee_core::Sensitive;
use serde_json::json;

use crate::client::Answer;
use crate::failure::{Failure, Result};
use crate::screen::{self, text};
use crate::visit::Visit;

/// How long the browser is waited for: as long as a home keeps what was begun.
const WAIT_MAX: Duration = Duration::from_secs(10 * 60);
/// How long one connection may take to say what it wants, so that one that is silent keeps nobody waiting.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(5);
/// How often it is looked whether somebody has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Longest line that is read of a request: a provider's code and state are some hundred bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024;

const CAME_BACK: &str = "You are signed on, as far as the provider is concerned. Go back to the terminal.";

/// Signs on; `invitation` of somebody who comes for the first time, `code` of the home's own second factor.
pub(super) fn sign_on(
    visit: &Visit,
    invitation: Option<&Sensitive<String>>,
    code: Option<&Sensitive<String>>,
) -> Result<(Answer, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| unheard(&error))?;
    let port = listener.local_addr().map_err(|error| unheard(&error))?.port();
    let begun = visit
        .client
        .post("/v1/sign-on:begin", &json!({ "redirect": format!("http://127.0.0.1:{port}/") }))?;
    let address = text(&begun, "address");
    visit.screen.note(format_args!("sign on in a browser on this machine:\n{address}"));
    open_browser(&address);
    let redirected = came_back(&listener, state(&address))?;
    let id = text(&begun, "sign_on");
    let ask = |redirected: Option<&str>, code: Option<&Sensitive<String>>| {
        let question = json!({
            "sign_on": id,
            "redirected": redirected,
            "code": code.map(Sensitive::expose),
            "invitation": invitation.map(Sensitive::expose),
        });
        visit.client.post("/v1/sign-on:finish", &question)
    };
    let mut answer = ask(Some(&redirected), code);
    if answer.as_ref().is_err_and(|refusal| refusal.code == "second-factor-needed")
        && std::io::stdin().is_terminal()
    {
        let code = screen::secret(false, "code", "--code-stdin")?;
        answer = ask(None, Some(&code));
    }
    Ok((answer, text(&begun, "provider")))
}

/// Opens the address where there is somebody to see it. That it cannot be opened is no failure: it is shown, too.
fn open_browser(address: &str) {
    if std::io::stderr().is_terminal() && address.starts_with("https://") {
        let mut command = Command::new("xdg-open");
        drop(command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn());
    }
}

/// The `state` of the provider's address: what the browser comes back with says the same.
fn state(address: &str) -> &str {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find(|one| one.starts_with("state=")).unwrap_or_default()
}

/// What stands behind `?` when the browser comes back.
fn came_back(listener: &TcpListener, state: &str) -> Result<String> {
    listener.set_nonblocking(true).map_err(|error| unheard(&error))?;
    let begun = Instant::now();
    while begun.elapsed() < WAIT_MAX {
        match listener.accept() {
            Ok((stream, _)) => {
                // A browser asks for other things, too, and others may knock.
                if let Some(query) = heard(stream, state) {
                    return Ok(query);
                }
            }
            Err(_) => std::thread::sleep(LOOK_EVERY),
        }
    }
    Err(Failure::failed("the browser did not come back within ten minutes; begin again"))
}

/// The query of a request that a provider sent the browser with.
fn heard(mut stream: TcpStream, state: &str) -> Option<String> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(REQUEST_TIME_MAX)).ok()?;
    stream.set_write_timeout(Some(REQUEST_TIME_MAX)).ok()?;
    let mut line = String::new();
    BufReader::new(stream.try_clone().ok()?.take(LINE_BYTES_MAX)).read_line(&mut line).ok()?;
    let query = query(&line, state).map(str::to_owned);
    let (status, says) = match &query {
        Some(_) => ("200 OK", CAME_BACK),
        None => ("404 Not Found", "There is nothing here."),
    };
    let head = "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close";
    // Whether the browser hears it changes nothing.
    drop(write!(stream, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{says}", says.len()));
    query
}

/// The query of a request's first line, if it is one of those that are waited for: of this sign-on, by its `state`.
fn query<'l>(line: &'l str, state: &str) -> Option<&'l str> {
    let query = line.strip_prefix("GET /?")?.split(' ').next()?;
    let mut said = query.split('&');
    let is_awaited = said.clone().any(|one| one.starts_with("code=") || one.starts_with("error="));
    (is_awaited && said.any(|one| one == state)).then_some(query)
}

fn unheard(error: &std::io::Error) -> Failure {
    Failure::failed(format_args!("nothing can be heard on this machine's own address ({})", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_came_back_is_told_from_whoever_else_knocks() {
        for (line, is) in [
            ("GET /?code=a&state=b HTTP/1.1\r\n", Some("code=a&state=b")),
            ("GET /?error=access_denied&state=b HTTP/1.1\r\n", Some("error=access_denied&state=b")),
            ("GET /?code=a&state=c HTTP/1.1\r\n", None),
            ("GET /?code=a HTTP/1.1\r\n", None),
            ("GET /favicon.ico HTTP/1.1\r\n", None),
            ("GET /?hello=there HTTP/1.1\r\n", None),
            ("POST /?code=a HTTP/1.1\r\n", None),
            ("", None),
        ] {
            assert_eq!(
                query(line, state("https://id.example.com/auth?client_id=b&state=b&nonce=c")),
                is,
                "{line}"
            );
        }
    }
}
