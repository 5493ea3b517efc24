//! `bailee serve`: the home as a service. It listens, does what falls due, and ends in order.
//!
//! The parts: `settings` (what `[server]` says), `certificate` (made, read, renewed, read again), `signals`, `upkeep`
//! (checkpoints, daily work), `notify` (the service manager). The listener itself is `bailee_server::listener`.

mod certificate;
mod notify;
pub(crate) mod settings;
mod signals;
mod upkeep;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailee_core::Environment;
use bailee_server::Faces;
use bailee_server::listener::{self, Clients, Door, Ended, Limits, SocketFile, Stop, Tls};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::failure::{Exit, Failure, Result};
use crate::home::Home;
use crate::home::config::Config;
use crate::screen::{BOLD, DIM, Screen};
use crate::visit::{Global, tell_repairs};

pub(crate) use certificate::make as make_certificate;

/// The socket of a server, below its home: in a directory that is for its owner alone.
const SOCKET: &str = "run/socket";
/// How long acts that were cut off may take to come to the end of what they are writing.
const LAST_WRITES: Duration = Duration::from_secs(10);
/// File descriptors that are kept for everything but connections.
const DESCRIPTORS_KEPT: u64 = 128;

/// What whoever asks for metrics may hold: a few programs of this machine do.
const METRICS_LIMITS: Limits = Limits {
    connections_max: 32,
    connections_per_address_max: 16,
    handshake: Duration::from_secs(10),
    header: Duration::from_secs(10),
    body: Duration::from_secs(30),
    body_bytes_per_second_min: 512,
    idle: Duration::from_secs(120),
    drain: Duration::ZERO,
};

/// Where a server on this home has its socket.
pub(crate) fn socket(home: &Path) -> PathBuf {
    home.join(SOCKET)
}

/// Serve the home: HTTPS to the network, a Unix socket to this machine, and what falls due in the background.
///
/// Plain HTTP is answered with a hint only (1.5.a). The certificate is the one that `init` made unless `[server]` in
/// bailee.toml names another; it is read again when its files change, and on SIGHUP. SIGTERM and Ctrl-C end it once
/// requests under way are answered; a second one at once.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee serve --listen 0.0.0.0:8443
  curl --cacert bailee-data/server.pem https://localhost:8443/v1/health")]
pub(crate) struct Serve {
    /// Where to listen, instead of where `[server]` says; may be given several times.
    #[arg(long, value_name = "ADDR:PORT", value_parser = crate::usage::address)]
    listen: Vec<SocketAddr>,

    /// Check the configuration and the certificate, and end.
    #[arg(long)]
    check: bool,
}

impl Serve {
    /// Whether it serves, and does not only check.
    pub(crate) fn serves(&self) -> bool {
        !self.check
    }

    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        if self.check {
            return check(global);
        }
        let home = Arc::new(Home::open(&global.home, global.now)?);
        home.refuse_behind()?;
        tell_repairs(&home, |words| global.screen.note(words));
        if home.config().environment == Environment::Production && home.config().mail.is_none() {
            tracing::warn!(
                "this home sends no mail: nobody is told when the glass is broken; set [mail] in bailee.toml"
            );
        }
        certificate::keep(home.root(), &home.config().server)?;
        // What fell due while nobody served goes before anybody is answered.
        home.dispose();
        // Before there is a runtime: the first time it is written to the store.
        let clients = certificate::clients(&home)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|_| Failure::failed("no runtime could be started"))?;
        let served = runtime.block_on(self.serve(&home, clients, global.screen));
        end(runtime, &home, served)
    }

    async fn serve(&self, home: &Arc<Home>, clients: Clients, screen: Screen) -> Result<Ended> {
        let settings = &home.config().server;
        let identity = certificate::read(home.root(), settings)?;
        let tls = Tls::asking(identity, settings.minimum, clients)
            .map_err(|_| Failure::failed("this build has no TLS that it could speak"))?;
        let mut limits = settings.limits;
        limits.connections_max = within_descriptors(limits.connections_max);
        let ports = bind(if self.listen.is_empty() { &settings.listen } else { &self.listen }).await?;
        let metrics_ports = bind(settings.metrics.as_slice()).await?;
        // All that takes time comes before there is a socket: who finds one is answered.
        let Faces { api, metrics: counts } = home.faces();
        let place = socket(home.root());
        let (local, socket) = SocketFile::bind(&place)
            .map_err(|error| Failure::failed(format_args!("{}: {error}", place.display())))?;
        let signals = signals::Signals::listen()?;
        let (stop, stopped) = watch::channel(Stop::Not);
        let addresses: Vec<SocketAddr> = ports.iter().filter_map(|port| port.local_addr().ok()).collect();
        let metrics = metrics_ports.first().and_then(|port| port.local_addr().ok());
        tell(screen, home, &addresses, metrics, &tls)?;
        let network = |port| Door::Network { port, tls: tls.clone() };
        let mut doors: Vec<Door> = ports.into_iter().map(network).collect();
        let metrics_doors = metrics_ports.into_iter().map(network).collect();
        doors.push(Door::Local(local));
        let background = [
            tokio::spawn(upkeep::keep_up(Arc::clone(home))),
            tokio::spawn(notify::watchdog(Arc::clone(home))),
            tokio::spawn(certificate::follow(Arc::clone(home), tls, signals.reload)),
        ];
        let ending = tokio::spawn(signals.stop.tell(stop));
        let counted = listener::serve(metrics_doors, counts, METRICS_LIMITS, stopped.clone());
        let counted = tokio::spawn(counted);
        notify::send("READY=1");
        let traffic = Arc::clone(home.metrics().traffic());
        let ended = listener::serve_counted(doors, api, limits, stopped, traffic).await;
        counted.abort();
        notify::send("STOPPING=1");
        background.iter().for_each(tokio::task::JoinHandle::abort);
        ending.abort();
        drop(socket);
        Ok(ended)
    }
}

/// Ends: what is being written is written, and the newest checkpoint leaves the home.
fn end(runtime: Runtime, home: &Home, served: Result<Ended>) -> Result<Exit> {
    runtime.shutdown_timeout(LAST_WRITES);
    let anchored = home.anchor();
    let Ended { cut } = served?;
    if cut > 0 {
        tracing::warn!(connections = cut, "connections did not end in their time and were cut off");
    }
    anchored?;
    Ok(Exit::Done)
}

fn check(global: &Global) -> Result<Exit> {
    let config = Config::read(&global.home)?;
    if !certificate::is_to_be_made(&global.home, &config.server) {
        certificate::read(&global.home, &config.server)?;
    }
    certificate::authorities(&global.home, &config.server)?;
    match global.screen.is_json() {
        true => global.screen.json(&json!({ "sound": true }))?,
        false => global.screen.line("the configuration is sound")?,
    }
    Ok(Exit::Done)
}

async fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>> {
    let mut ports = Vec::with_capacity(addresses.len());
    for address in addresses {
        let port = TcpListener::bind(address).await;
        ports.push(port.map_err(|error| {
            Failure::failed(format_args!(
                "{address} cannot be listened at: {}; name another with --listen",
                error.kind()
            ))
        })?);
    }
    Ok(ports)
}

/// As many connections as there are file descriptors for, after asking for all that this process may have.
fn within_descriptors(connections_max: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, what there was is what there is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let Some(descriptors) = getrlimit(Resource::Nofile).current else { return connections_max };
    let room = usize::try_from(descriptors.saturating_sub(DESCRIPTORS_KEPT)).unwrap_or(usize::MAX);
    if room < connections_max {
        tracing::warn!(connections = room, "this system has file descriptors for so many connections only");
    }
    connections_max.min(room.max(1))
}

/// Says where it is to be reached.
fn tell(
    screen: Screen,
    home: &Home,
    addresses: &[SocketAddr],
    metrics: Option<SocketAddr>,
    tls: &Tls,
) -> Result<()> {
    let urls: Vec<String> = addresses.iter().map(|address| format!("https://{address}")).collect();
    let socket = socket(home.root());
    let socket = std::path::absolute(&socket).unwrap_or(socket);
    let pin = tls.identity().pin().map(|pin| pin.to_string()).unwrap_or_default();
    let metrics = metrics.map(|address| format!("https://{address}/metrics"));
    if screen.is_json() {
        let told = json!({ "urls": urls, "metrics": metrics, "socket": socket, "public_key": pin });
        return screen.json(&told);
    }
    screen.line(format_args!("{BOLD}serving {}{BOLD:#}", urls.join(" and ")))?;
    if let Some(metrics) = metrics {
        screen.line(format_args!("{DIM}metrics {metrics}{DIM:#}"))?;
    }
    screen.line(format_args!("{DIM}socket {}{DIM:#}", socket.display()))?;
    screen.line(format_args!("{DIM}public key of the certificate {pin}{DIM:#}"))
}
