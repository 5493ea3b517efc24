//! A PostgreSQL of its own, for a comparison: started in a throw-away directory, reached by a socket in it, and gone
//! afterwards. No other PostgreSQL of this machine is touched.
//!
//! Its settings are those that it comes with: a commit is on the disk when it returns.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Signal, getegid, geteuid};

use super::figure::{Latency, Measure, Unit, float};
use super::place::{Place, Process};
use super::trivial;
use crate::failure::{Failure, Result};

/// Where Debian's packages put the programs, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Users that a server may run as when this one is root, whom PostgreSQL refuses.
const USERS: [&str; 2] = ["postgres", "nobody"];
/// Its superuser, who is not asked for a password in a directory of his own.
const SUPERUSER: &str = "bench";
/// How long it may take to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(60);
/// How many times as long clients are let run when nothing came of it: on a busy machine connecting alone may take so long.
const LONGER: [u64; 3] = [1, 4, 16];
/// How often it is asked meanwhile.
const REST: Duration = Duration::from_millis(50);

/// A server. Ended on drop.
pub(super) struct Postgres<'a> {
    place: &'a Place,
    programs: PathBuf,
    directory: PathBuf,
    user: Option<(u32, u32)>,
    /// What `postgres --version` says of itself: `PostgreSQL 15.18`.
    pub(super) version: String,
    process: Option<Process>,
}

impl<'a> Postgres<'a> {
    /// Makes a cluster and starts it.
    pub(super) fn start(place: &'a Place) -> Result<Self> {
        let programs = programs().ok_or_else(missing)?;
        let user = if geteuid().is_root() { Some(other_user()?) } else { None };
        let (user_id, group_id) = user.unwrap_or((geteuid().as_raw(), getegid().as_raw()));
        let directory = place.annex(user_id, group_id)?;
        let mut server = Self { place, programs, directory, user, version: String::new(), process: None };
        let said = server.run(server.program("postgres").arg("--version"))?;
        server.version = version(&said);
        let data = server.directory.join("data");
        let mut init = server.program("initdb");
        init.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "-U", SUPERUSER, "-D"]);
        server.run(init.arg(&data))?;
        let mut postgres = server.program("postgres");
        postgres.arg("-D").arg(&data).arg("-k").arg(&server.directory).args(["-c", "listen_addresses="]);
        postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        server.process = Some(place.start(&mut postgres)?);
        server.wait_until_it_answers()?;
        Ok(server)
    }

    fn wait_until_it_answers(&self) -> Result<()> {
        let begun = Instant::now();
        while self.run(self.client("psql").args(["-c", "SELECT 1"])).is_err() {
            if begun.elapsed() > BEGINS_WITHIN {
                return Err(Failure::failed("PostgreSQL was started and does not answer"));
            }
            std::thread::sleep(REST);
        }
        Ok(())
    }

    /// Runs statements, which must all succeed.
    pub(super) fn sql(&self, statements: &str) -> Result<()> {
        self.run(self.client("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statements])).map(drop)
    }

    /// Copies lines of tab-separated values into a table.
    pub(super) fn copy(&self, table: &str, lines: impl Iterator<Item = String>) -> Result<()> {
        let mut psql = self.client("psql");
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", &format!("COPY {table} FROM STDIN")]);
        psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = self.place.start(&mut psql)?;
        let unwritten = |_| Failure::failed("PostgreSQL does not take what is copied into it");
        let pipe = process.child().stdin.take();
        let mut pipe = std::io::BufWriter::new(pipe.ok_or_else(|| Failure::failed("no pipe could be made"))?);
        lines.into_iter().try_for_each(|line| writeln!(pipe, "{line}")).map_err(unwritten)?;
        drop(pipe.into_inner().map_err(|error| unwritten(error.into_error()))?);
        let ended = process.child().wait().map_err(unwritten)?;
        if ended.success() { Ok(()) } else { Err(unwritten(std::io::ErrorKind::Other.into())) }
    }

    /// Lets so many clients run a script for so long, again and again, each on a connection of its own.
    pub(super) fn bench(&self, what: &str, script: &str, clients: usize, lasts: Duration) -> Result<Measure> {
        let file = self.directory.join("script.sql");
        let mut out = trivial::open(&file)?;
        out.write_all(script.as_bytes()).map_err(|error| Failure::file(&file, &error))?;
        self.give(&file)?;
        for longer in LONGER {
            if let Some(measure) = self.bench_once(what, &file, clients, lasts.as_secs() * longer)? {
                return Ok(measure);
            }
        }
        Err(Failure::failed("pgbench came to nothing in its time; give it more with --seconds"))
    }

    /// None when the time was over before all were connected.
    fn bench_once(&self, what: &str, script: &Path, clients: usize, seconds: u64) -> Result<Option<Measure>> {
        let logs = self.directory.join("logs");
        self.run(self.program("mkdir").arg(&logs))?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut pgbench = self.client("pgbench");
        pgbench.args(["-n", "-M", "prepared", "-c", &clients.to_string(), "-j", &threads.to_string()]);
        pgbench.args(["-T", &seconds.to_string(), "--log", "--log-prefix"]);
        let said = self.run(pgbench.arg(logs.join("log")).arg("-f").arg(script))?;
        let latencies = latencies(&logs)?;
        fs::remove_dir_all(&logs).map_err(|error| Failure::file(&logs, &error))?;
        let Some(rate) = transactions_per_second(&said) else { return Ok(None) };
        let count = latencies.len() as u64;
        let took = Duration::from_secs_f64(float(count) / rate);
        let latency = Latency::of(latencies);
        Ok(Some(Measure { latency, ..Measure::rate(what, Unit::Records, count, took) }))
    }

    /// A file that its user may read.
    fn give(&self, file: &Path) -> Result<()> {
        let Some((user, group)) = self.user else { return Ok(()) };
        std::os::unix::fs::chown(file, Some(user), Some(group)).map_err(|error| Failure::file(file, &error))
    }

    /// One of its clients, bound for it.
    fn client(&self, name: &str) -> Command {
        let mut command = self.program(name);
        command.arg("-h").arg(&self.directory).args(["-U", SUPERUSER]);
        command.env("PGDATABASE", "postgres");
        command
    }

    /// One of its programs, as its user.
    fn program(&self, name: &str) -> Command {
        let own = self.programs.join(name);
        let mut command = Command::new(if own.exists() { own } else { name.into() });
        command.current_dir(&self.directory);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Runs a program to its end; what it said.
    fn run(&self, command: &mut Command) -> Result<String> {
        let name =
            Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ended = command.stdin(Stdio::null()).output();
        let ended = ended
            .map_err(|error| Failure::failed(format_args!("{name} cannot be started: {}", error.kind())))?;
        if ended.status.success() {
            return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        Err(Failure::failed(format_args!("{name} failed: {}", crate::screen::safe(last))))
    }
}

impl Drop for Postgres<'_> {
    fn drop(&mut self) {
        // At once: what it would still write is thrown away.
        if let Some(process) = &self.process {
            process.signal(Signal::QUIT);
        }
    }
}

/// `PostgreSQL 15.18` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version(said: &str) -> String {
    format!("PostgreSQL {}", said.split_ascii_whitespace().nth(2).unwrap_or_default())
}

/// What pgbench says when it has ended, unless there was no transaction.
fn transactions_per_second(said: &str) -> Option<f64> {
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    rate.split(' ').next()?.parse().ok().filter(|rate| *rate > 0.0)
}

/// What single transactions took, as pgbench has logged: the third number of a line, in microseconds.
fn latencies(logs: &Path) -> Result<Vec<Duration>> {
    let unusable = |error: std::io::Error| Failure::file(logs, &error);
    let mut all = Vec::new();
    for entry in fs::read_dir(logs).map_err(unusable)? {
        let text = fs::read_to_string(entry.map_err(unusable)?.path()).map_err(unusable)?;
        let took = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
        all.extend(took.map(Duration::from_micros));
    }
    Ok(all)
}

/// Where the newest version's programs are: as Debian packages them, else on the path.
fn programs() -> Option<PathBuf> {
    let has_all = |directory: &PathBuf| {
        ["initdb", "postgres", "psql", "pgbench"].iter().all(|name| directory.join(name).is_file())
    };
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    let debian = versions.into_iter().map(|version| version.join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    debian.chain(std::env::split_paths(&on_path)).find(has_all)
}

fn missing() -> Failure {
    Failure::failed(format_args!(
        "PostgreSQL with its pgbench is neither in {DEBIAN} nor on the path; on Debian `apt-get install postgresql` brings both (the bench starts a server of its own, and touches no other)"
    ))
}

/// The numbers of a user that is not root, and of its group.
fn other_user() -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let numbers = |name: &&str| {
        let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let mut fields = fields.filter(|fields| fields.first() == Some(name));
        let fields = fields.next()?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    let found = USERS.iter().find_map(numbers);
    found.ok_or_else(|| {
        Failure::failed(
            "PostgreSQL refuses root, and there is no user `postgres` or `nobody`; run this as a user",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_what_it_says_of_itself() {
        assert_eq!(version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), "PostgreSQL 15.18");
    }

    #[test]
    fn a_rate_is_read_where_there_is_one() {
        let said = "latency average = 1.9 ms\ntps = 16597.247069 (without initial connection time)\n";
        assert_eq!(transactions_per_second(said), Some(16597.247069));
        assert_eq!(transactions_per_second("number of transactions actually processed: 0\n"), None);
    }
}
