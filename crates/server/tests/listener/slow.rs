//! Callers that are slow or say nothing.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use bailee_server::listener::Limits;

use crate::support::{LARGE_BYTES, LONG, Running, SHORT, send, until_closed};

#[test]
fn a_handshake_that_never_begins_or_never_ends_is_cut_off() {
    let running = Running::new(Limits { handshake: SHORT, ..Limits::default() });
    let mut silent = running.connect();
    let mut half = running.connect();
    half.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    running.serves();
    assert_eq!(until_closed(&mut silent), "");
    assert_eq!(until_closed(&mut half), "");
}

#[test]
fn a_header_that_never_begins_or_never_ends_is_cut_off() {
    let running = Running::new(Limits { header: SHORT, ..Limits::default() });
    let mut silent = running.greet(b"http/1.1");
    silent.conn.complete_io(&mut silent.sock).unwrap();
    let mut half = running.greet(b"http/1.1");
    send(&mut half, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    running.serves();
    assert_eq!(until_closed(&mut silent), "");
    assert_eq!(until_closed(&mut half), "");
}

#[test]
fn a_header_that_goes_on_and_on_is_cut_off_though_it_never_rests() {
    let running = Running::new(Limits { header: SHORT, ..Limits::default() });
    let mut dripping = running.greet(b"http/1.1");
    send(&mut dripping, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    dripping.sock.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let begun = Instant::now();
    let mut byte = [0; 1];
    // Each turn waits for an end that does not come, and sends one byte more.
    loop {
        let ended = match dripping.read(&mut byte) {
            Ok(_) => true,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        };
        if ended || dripping.write_all(b"x").and_then(|()| dripping.flush()).is_err() {
            break;
        }
        assert!(begun.elapsed() < LONG, "it was never cut off");
    }
    assert!(begun.elapsed() >= SHORT);
}

#[test]
fn a_header_has_a_size_and_not_more() {
    let running = Running::new(Limits::default());
    let ask = |bytes: usize| {
        let long = format!("X-Long: {}", "x".repeat(bytes));
        running.curl(&["--http1.1", "--header", &long, "--write-out", "%{http_code}"], "/hello").1
    };
    assert_eq!(ask(8 * 1024), "hello200");
    assert!(ask(20 * 1024).ends_with("431"));
    let lines: Vec<String> = (0..70).map(|number| format!("X-{number}: x")).collect();
    let mut words = vec!["--http1.1", "--write-out", "%{http_code}"];
    lines.iter().for_each(|line| words.extend(["--header", line.as_str()]));
    assert!(running.curl(&words, "/hello").1.ends_with("431"));
}

#[test]
fn a_body_that_stops_or_drips_is_cut_off_and_is_not_taken_for_a_whole_one() {
    let limits = Limits { body: SHORT, body_bytes_per_second_min: 1_000_000, ..Limits::default() };
    let running = Running::new(limits);
    let begin = || {
        let mut stream = running.greet(b"http/1.1");
        send(&mut stream, "POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc");
        stream
    };
    assert!(until_closed(&mut begin()).contains("broken after 3: "));
    let mut dripping = begin();
    dripping.sock.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let begun = Instant::now();
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    loop {
        match dripping.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break,
            Err(_) => {}
        }
        if dripping.write_all(b"x").and_then(|()| dripping.flush()).is_err() {
            break;
        }
        assert!(begun.elapsed() < LONG, "it was never cut off");
    }
    assert!(
        String::from_utf8_lossy(&answer).contains("broken after "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[test]
fn a_body_that_ends_early_is_not_taken_for_a_whole_one() {
    let running = Running::new(Limits::default());
    let mut stream = running.greet(b"http/1.1");
    send(
        &mut stream,
        "POST /count HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    );
    stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = until_closed(&mut stream);
    assert!(answer.is_empty() || answer.contains("broken after 3: "), "{answer}");
}

#[test]
fn a_caller_on_this_machine_is_not_hurried() {
    let limits = Limits { body: SHORT, header: SHORT, ..Limits::default() };
    let running = Running::new(limits);
    let mut stream = UnixStream::connect(running.socket()).unwrap();
    let head = "POST /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 6\r\n\r\nabc";
    send(&mut stream, head);
    // Longer than anybody on the network may take.
    let mut silent = running.greet(b"http/1.1");
    send(&mut silent, &head.replace("close", "keep-alive"));
    assert!(until_closed(&mut silent).contains("broken after 3: "));
    send(&mut stream, "def");
    assert!(until_closed(&mut stream).ends_with("\r\n\r\n6"));
}

#[test]
fn an_answer_that_nobody_takes_is_not_kept() {
    let running = Running::new(Limits { body: SHORT, ..Limits::default() });
    let mut stream = running.greet(b"http/1.1");
    send(&mut stream, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // Nothing is read until the other end has given up: then what is left does not suffice.
    running.runtime.block_on(async { tokio::time::sleep(SHORT * 8).await });
    let taken = until_closed(&mut stream).len();
    assert!(taken < LARGE_BYTES, "{taken}");
    running.serves();
}

#[test]
fn an_answer_that_is_taken_comes_whole() {
    let running = Running::new(Limits { body: SHORT, ..Limits::default() });
    for protocol in ["--http1.1", "--http2"] {
        let (status, answer) = running.curl(&[protocol], "/large");
        assert_eq!((status, answer.len()), (0, LARGE_BYTES));
    }
}

#[test]
fn a_connection_without_a_request_is_closed_after_a_while_and_one_at_work_is_not() {
    let running = Running::new(Limits { idle: SHORT, ..Limits::default() });
    let mut idle = running.greet(b"http/1.1");
    let begun = Instant::now();
    send(&mut idle, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut held = running.greet(b"http/1.1");
    send(&mut held, "GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(until_closed(&mut idle).ends_with("hello"));
    assert!(begun.elapsed() >= SHORT);
    running.held.notify_one();
    assert!(until_closed(&mut held).ends_with("held"));
}

#[test]
fn who_is_refused_while_he_still_sends_learns_why() {
    let running = Running::new(Limits::default());
    let piece = vec![b'x'; 64 * 1024];
    // More than the buffers on the way hold; after it the connection goes on.
    const BYTES: usize = 12 * 1024 * 1024;
    let mut caller = running.greet(b"http/1.1");
    send(
        &mut caller,
        &format!("POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: {BYTES}\r\n\r\n"),
    );
    for _ in 0..BYTES / piece.len() {
        caller.write_all(&piece).unwrap();
    }
    send(&mut caller, "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answers = until_closed(&mut caller);
    assert!(answers.contains("401 Unauthorized") && answers.ends_with("hello"), "{answers}");
}

#[test]
fn who_goes_on_sending_after_a_refusal_is_cut_off() {
    let running = Running::new(Limits::default());
    let mut caller = running.greet(b"http/1.1");
    send(&mut caller, "POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n");
    let piece = vec![b'x'; 64 * 1024];
    let sent = (0..4096).take_while(|_| caller.write_all(&piece).is_ok()).count();
    assert!(sent < 4096, "{} MB were taken", sent / 16);
}
