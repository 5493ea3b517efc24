//! The limit of everything over HTTPS: the same listener, the same TLS, the same clients, and a handler that does nothing.
//!
//! It runs in a process of its own, as the server beside which it stands, and gives answers that it was told before.

use std::fs::File;
use std::io::{BufRead, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use bailee_server::listener::{self, Door, Identity, Limits, Minimum, Stop, Tls};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::https::Server;
use super::place::Place;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{Output, Screen};

/// Gives the first answer.
pub(super) const ONE: &str = "/one";
/// Gives the second.
pub(super) const MANY: &str = "/many";
/// Gives the first, after a page was written and synced.
pub(super) const SYNCED: &str = "/synced";

/// Bytes that are written before a sync: a page.
pub(super) const PAGE: [u8; 4096] = [7; 4096];

/// Starts one with the certificate of the home, to give these two answers.
pub(super) fn start(place: &Place, one: &Bytes, many: &Bytes) -> Result<Server> {
    let mut command = place.program()?;
    command.arg("bench").arg("--trivial").arg(place.home());
    let told = [one.as_ref(), b"\n", many.as_ref(), b"\n"].concat();
    Server::start(place, &mut command, &told)
}

/// Serves, until it is ended: answers stand on stdin, a line each.
pub(super) fn serve(home: &Path) -> Result<Exit> {
    let read = |name| std::fs::read(home.join(name)).map_err(|error| Failure::file(&home.join(name), &error));
    let identity = Identity::from_pem(&read("server.pem")?, &read("server.key")?).map_err(Failure::failed)?;
    let tls = Tls::new(identity, Minimum::default()).map_err(Failure::failed)?;
    let mut answers = std::io::stdin().lock().lines().map_while(std::result::Result::ok).map(Bytes::from);
    let (one, many) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
    let page = home.with_file_name("synced.page");
    let page = Arc::new(Mutex::new(open(&page)?));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|_| Failure::failed("no runtime could be started"))?.block_on(async {
        let port = TcpListener::bind("127.0.0.1:0").await.map_err(Failure::failed)?;
        let address = port.local_addr().map_err(Failure::failed)?;
        let pin = tls.identity().pin().map(|pin| pin.to_string());
        Screen::new(Output::Json)
            .json(&json!({ "urls": [format!("https://{address}")], "public_key": pin }))?;
        let (_stop, stopped) = watch::channel(Stop::Not);
        let doors = vec![Door::Network { port, tls }];
        listener::serve(doors, router(one, many, page), Limits::default(), stopped).await;
        Ok(Exit::Done)
    })
}

fn router(one: Bytes, many: Bytes, page: Arc<Mutex<File>>) -> Router {
    let after_sync = one.clone();
    Router::new()
        .route(ONE, post(move |_question: Bytes| async move { one.clone() }))
        .route(MANY, post(move |_question: Bytes| async move { many.clone() }))
        .route(
            SYNCED,
            post(move |_question: Bytes| async move {
                let synced = tokio::task::spawn_blocking(move || {
                    sync(&mut page.lock().unwrap_or_else(PoisonError::into_inner))
                });
                match synced.await {
                    Ok(Ok(())) => Ok(after_sync),
                    _ => Err("the page was not written"),
                }
            }),
        )
}

/// A file of this user's to write pages into.
pub(super) fn open(path: &Path) -> Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    opened.map_err(|error| Failure::file(path, &error))
}

/// Writes the page anew, and waits for the disk.
pub(super) fn sync(file: &mut File) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&PAGE)?;
    file.sync_data()
}
