//! The end: what is under way is answered, nobody new is let in.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bailee_server::listener::{Ended, Limits, Stop};

use crate::support::{LONG, Running, SHORT, send, until_closed};

const HELD: &str = "GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[test]
fn a_request_under_way_is_answered_and_nobody_new_comes_in() {
    let mut running = Running::new(Limits { drain: LONG, ..Limits::default() });
    let mut held = running.greet(b"http/1.1");
    send(&mut held, HELD);
    let mut second = running.curl_command(&["--http2"], "/held").spawn().unwrap();
    running.runtime.block_on(async {
        running.asked.notified().await;
        running.asked.notified().await;
    });
    let mut idle = running.greet(b"http/1.1");
    idle.conn.complete_io(&mut idle.sock).unwrap();
    running.stop.send(Stop::Gently).unwrap();
    assert_eq!(until_closed(&mut idle), "", "who asks for nothing is not waited for");
    // The listener closes beside the connections: within its moment nobody comes in any more.
    let is_closed = || TcpStream::connect(("127.0.0.1", running.port)).is_err();
    assert!((0..500).any(|_| is_closed() || {
        std::thread::sleep(Duration::from_millis(10));
        false
    }));
    running.held.notify_waiters();
    running.held.notify_one();
    running.held.notify_one();
    assert!(until_closed(&mut held).ends_with("held"));
    let mut answer = String::new();
    second.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!((second.wait().unwrap().code(), answer.as_str()), (Some(0), "held"));
    assert_eq!(running.end(Stop::Gently), Ended { cut: 0 });
}

#[test]
fn what_has_begun_is_ended_though_its_caller_has_hung_up() {
    let running = Running::new(Limits::default());
    for protocol in ["--http1.1", "--http2"] {
        let mut caller = running.curl_command(&[protocol], "/held").spawn().unwrap();
        running.runtime.block_on(running.asked.notified());
        caller.kill().unwrap();
        caller.wait().unwrap();
        running.serves();
        running.held.notify_one();
        let done = running.done.notified();
        running.runtime.block_on(async { tokio::time::timeout(LONG, done).await }).unwrap();
    }
}

#[test]
fn who_does_not_end_in_time_is_cut_off() {
    let mut running = Running::new(Limits { drain: SHORT, ..Limits::default() });
    let mut held = running.greet(b"http/1.1");
    send(&mut held, HELD);
    running.runtime.block_on(running.asked.notified());
    assert_eq!(running.end(Stop::Gently), Ended { cut: 1 });
    assert_eq!(until_closed(&mut held), "");
}

#[test]
fn told_twice_it_ends_at_once() {
    let mut running = Running::new(Limits { drain: Duration::from_secs(3600), ..Limits::default() });
    let mut held = running.greet(b"http/1.1");
    send(&mut held, HELD);
    running.runtime.block_on(running.asked.notified());
    running.stop.send(Stop::Gently).unwrap();
    assert_eq!(running.end(Stop::Now), Ended { cut: 1 });
}

#[test]
fn a_body_that_is_on_its_way_arrives_whole() {
    let mut running = Running::new(Limits { drain: LONG, ..Limits::default() });
    let mut stream = running.greet(b"http/1.1");
    send(&mut stream, "POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc");
    // That it has begun is seen by what another hears of the connection before it: it is served after it.
    running.serves();
    running.stop.send(Stop::Gently).unwrap();
    stream.write_all(b"def").unwrap();
    let answer = until_closed(&mut stream);
    assert!(answer.ends_with("\r\n\r\n6"), "{answer}");
    assert_eq!(running.end(Stop::Gently), Ended { cut: 0 });
}
