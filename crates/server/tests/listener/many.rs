//! Many callers.

use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use bailee_server::listener::Limits;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{Running, send, until_closed};

#[test]
fn three_hundred_idle_connections_of_one_address_starve_nobody() {
    let running = Running::new(Limits { connections_per_address_max: 200, ..Limits::default() });
    let mut working = running.greet_over(running.connect_from([127, 0, 0, 2]), b"http/1.1");
    let mut idle: Vec<TcpStream> = (0..300).map(|_| running.connect()).collect();
    // Those beyond the share are closed at once, though nothing of theirs has run out.
    idle.drain(200..).for_each(|mut stream| assert_eq!(until_closed(&mut stream), ""));
    let mut sound = running.greet_over(running.connect_from([127, 0, 0, 3]), b"http/1.1");
    for stream in [&mut working, &mut sound] {
        send(stream, "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!(until_closed(stream).ends_with("hello"));
    }
    // With room again its own address is served, too.
    drop(idle);
    let mut again = running.connect();
    while until_hint(&mut again).is_empty() {
        again = running.connect();
    }
}

/// What plain HTTP is told; nothing where the connection was closed at once.
fn until_hint(stream: &mut TcpStream) -> String {
    use std::io::Write;
    if stream.write_all(b"GET / HTTP/1.1\r\n\r\n").is_err()
        || stream.shutdown(std::net::Shutdown::Write).is_err()
    {
        return String::new();
    }
    until_closed(stream)
}

#[test]
fn where_the_house_is_full_an_idle_connection_makes_room_and_one_at_work_does_not() {
    let running = Running::new(Limits { connections_max: 8, ..Limits::default() });
    let mut held = running.greet(b"http/1.1");
    send(&mut held, "GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n");
    running.runtime.block_on(running.asked.notified());
    let mut idle: Vec<TcpStream> = (0..7).map(|_| running.connect_from([127, 0, 0, 9])).collect();
    // Each of these finds it full.
    (0..20).for_each(|_| running.serves());
    assert_eq!(until_closed(&mut idle[0]), "");
    running.held.notify_one();
    let mut answer = [0; 4096];
    let read = std::io::Read::read(&mut held, &mut answer).unwrap();
    assert!(String::from_utf8_lossy(&answer[..read]).contains("200 OK"));
}

#[test]
fn a_hundred_requests_at_one_time_on_one_connection_are_all_answered() {
    let running = Running::new(Limits::default());
    let config = running.directory.path().join("urls");
    let urls: String = (0..100)
        .map(|_| format!("url = \"https://localhost:{}/hello\"\noutput = \"-\"\n", running.port))
        .collect();
    std::fs::write(&config, urls).unwrap();
    let (status, answers) =
        running.curl(&["--parallel", "--http2", "--config", config.to_str().unwrap()], "/hello");
    assert_eq!((status, answers), (0, "hello".repeat(101)));
}

#[test]
fn requests_that_are_taken_back_again_and_again_do_not_pile_up() {
    const AT_WORK_MAX: usize = 64;
    let running = Running::new(Limits::default());
    running.runtime.block_on(async {
        let stream = tokio::net::UnixStream::connect(running.socket()).await.unwrap();
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 * AT_WORK_MAX {
            sender.ready().await.unwrap();
            let request = Request::get("http://localhost/held").body(Body::empty()).unwrap();
            // It has gone out, and is reset when nobody waits for its answer any more.
            let asked = tokio::time::timeout(Duration::from_millis(5), sender.send_request(request)).await;
            assert!(asked.is_err());
        }
    });
    let begun = running.begun.load(Ordering::Relaxed);
    assert!((AT_WORK_MAX / 2..=AT_WORK_MAX).contains(&begun), "{begun}");
    running.serves();
}
