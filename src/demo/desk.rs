//! The running desk: four servers, one world.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

use super::options::Options;
use super::server::{Faults, Gate, Log, Site, guarded};
use super::world::{Life, World};
use super::{chatwoot, enneo, partoo, voicebot};
use crate::model::Vendor;

/// Chatwoot's account number.
pub const ACCOUNT_ID: u64 = 1;

/// How often, and after what pause, a port is asked for that another desk has just left.
const BIND_ATTEMPTS: u32 = 100;
const BIND_PAUSE: Duration = Duration::from_millis(10);

/// Why a desk cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be had.
    #[error("the demo desk cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// A file cannot be written.
    #[error("{0} cannot be written: {1}")]
    File(String, io::Error),
    /// The servers' threads cannot start.
    #[error("the demo desk's servers cannot start: {0}")]
    Threads(io::Error),
}

/// Four servers and the world that they show. Dropping it stops the servers.
///
/// The servers have their own threads: they answer while the caller's runtime is busy, and they
/// do not notice when a test pauses its clock.
#[derive(Debug)]
pub struct Desk {
    world: Arc<World>,
    faults: Faults,
    log: Log,
    rate: f64,
    addresses: [SocketAddr; 4],
    tokens: [Arc<str>; 4],
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    runtime: Runtime,
    _life: Life,
}

impl Desk {
    /// Starts the servers. They answer when this returns.
    ///
    /// # Errors
    /// When a port, a file or a thread cannot be had.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        let world = Arc::new(World::new(options.seed, options.conversations));
        let log = match &options.request_log {
            None => Log::default(),
            Some(path) => Log::to_file(path)
                .map_err(|error| StartError::File(path.display().to_string(), error))?,
        };
        let faults = Faults::default();
        options.faults.iter().cloned().for_each(|rule| faults.push(rule));
        let port = options.listen.map_or(0, |address| address.port());
        let host = options.listen.map_or([127, 0, 0, 1].into(), |address| address.ip());
        let wanted =
            [0, 1, 2, 3].map(|n| SocketAddr::new(host, if port == 0 { 0 } else { port + n }));
        let mut desk = Self {
            world,
            faults,
            log,
            rate: if options.calm { 0.0 } else { options.rate },
            addresses: wanted,
            tokens: Vendor::ALL.map(|vendor| token(vendor, options.seed).into()),
            running: None,
        };
        desk.restart()?;
        Ok(desk)
    }

    /// Starts the servers again on the ports they had, with the world as it is now. Stops them
    /// first if they are running.
    ///
    /// # Errors
    /// As [`Desk::start`].
    pub fn restart(&mut self) -> Result<(), StartError> {
        self.stop();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("demo-desk")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let inside = runtime.enter();
        let mut addresses = self.addresses;
        for ((vendor, address), token) in
            Vendor::ALL.into_iter().zip(addresses.iter_mut()).zip(&self.tokens)
        {
            let wanted = *address;
            let refused = |error| StartError::Listen(wanted, error);
            let listener = bind(wanted).map_err(refused)?;
            *address = listener.local_addr().map_err(refused)?;
            listener.set_nonblocking(true).map_err(refused)?;
            let listener = tokio::net::TcpListener::from_std(listener).map_err(refused)?;
            let site = Site {
                world: Arc::clone(&self.world),
                vendor,
                token: Arc::clone(token),
                origin: format!("http://{address}").into(),
            };
            let gate =
                Gate { site: site.clone(), faults: self.faults.clone(), log: self.log.clone() };
            let router = guarded(router(site), gate);
            // Serving ends only with the runtime.
            runtime.spawn(async { axum::serve(listener, router).await });
        }
        self.addresses = addresses;
        let life = Life::begin(Arc::clone(&self.world), self.rate);
        drop(inside);
        self.running = Some(Running { runtime, _life: life });
        Ok(())
    }

    /// Stops the servers: open connections break, nobody answers. The world stays.
    pub fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        // Waiting for the end of a runtime is not allowed on a thread that is inside another
        // one, and the ports are free only at the end.
        let ended = std::thread::spawn(move || {
            running.runtime.shutdown_timeout(Duration::from_secs(2));
        });
        // The thread can only have panicked, and then there is nothing left to stop.
        let _ = ended.join();
    }

    /// The world behind the servers.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The requests that arrived.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Base URL of a vendor, as the vendor documents it.
    pub fn url(&self, vendor: Vendor) -> String {
        let path = match vendor {
            Vendor::Chatwoot => "",
            Vendor::Enneo => "/api/mind",
            Vendor::Voicebot => "/third-party/v1",
            Vendor::Partoo => "/v2",
        };
        format!("{}{path}", self.origin(vendor))
    }

    /// `http://127.0.0.1:PORT` of a vendor; `/_desk/…` is here.
    pub fn origin(&self, vendor: Vendor) -> String {
        let [chatwoot, enneo, voicebot, partoo] = self.addresses;
        let address = match vendor {
            Vendor::Chatwoot => chatwoot,
            Vendor::Enneo => enneo,
            Vendor::Voicebot => voicebot,
            Vendor::Partoo => partoo,
        };
        format!("http://{address}")
    }

    /// The token that a vendor accepts.
    pub fn token(&self, vendor: Vendor) -> &str {
        let [chatwoot, enneo, voicebot, partoo] = &self.tokens;
        match vendor {
            Vendor::Chatwoot => chatwoot,
            Vendor::Enneo => enneo,
            Vendor::Voicebot => voicebot,
            Vendor::Partoo => partoo,
        }
    }

    /// The line that `--serve` prints: where each vendor is and how to sign in.
    pub fn json_line(&self) -> String {
        let vendors: Map<String, Value> = Vendor::ALL
            .into_iter()
            .map(|vendor| {
                let mut entry = json!({ "url": self.url(vendor), "token": self.token(vendor) });
                if let (Vendor::Chatwoot, Some(entry)) = (vendor, entry.as_object_mut()) {
                    entry.insert("account_id".to_owned(), json!(ACCOUNT_ID));
                }
                (vendor.word().to_owned(), entry)
            })
            .collect();
        json!({ "vendors": vendors }).to_string()
    }

    /// A configuration with one account per vendor.
    pub fn config(&self) -> String {
        let mut text = "# Made by ttydesk demo; good while that demo desk runs.\n".to_owned();
        for vendor in Vendor::ALL {
            text.push_str(&format!(
                "\n[[account]]\nname = \"{name}\"\nvendor = \"{name}\"\nurl = \"{url}\"\n\
                 token = \"{token}\"\n",
                name = vendor.word(),
                url = self.url(vendor),
                token = self.token(vendor),
            ));
            if vendor == Vendor::Chatwoot {
                text.push_str(&format!("account_id = {ACCOUNT_ID}\n"));
            }
        }
        text
    }

    /// Writes [`Desk::config`] to a file that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_config(&self, path: &Path) -> Result<(), StartError> {
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(path)?;
            // The mode above is only for a new file.
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            file.write_all(self.config().as_bytes())
        };
        write().map_err(|error| StartError::File(path.display().to_string(), error))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

fn router(site: Site) -> Router {
    match site.vendor {
        Vendor::Chatwoot => chatwoot::router(site),
        Vendor::Enneo => enneo::router(site),
        Vendor::Voicebot => voicebot::router(site),
        Vendor::Partoo => partoo::router(site),
    }
}

/// A listener; waits a little for a port that was only just left.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let mut left = BIND_ATTEMPTS;
    loop {
        match TcpListener::bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && left > 0 => left -= 1,
            result => return result,
        }
        std::thread::sleep(BIND_PAUSE);
    }
}

/// A made-up token in the form that the vendor's tokens have.
fn token(vendor: Vendor, seed: u64) -> String {
    let mut dice = super::world::Dice::at(seed, &[9, vendor as u64]);
    let mut hex = |length: usize| {
        let digits: String = (0..4).map(|_| format!("{:016x}", dice.next())).collect();
        digits.chars().take(length).collect::<String>()
    };
    match vendor {
        Vendor::Chatwoot => hex(24),
        // Header and payload of a JWT, {"alg":"HS256"} and {"userId":1}.
        Vendor::Enneo => format!("eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.{}", hex(43)),
        Vendor::Voicebot => format!("1|{}", hex(40)),
        Vendor::Partoo => hex(40),
    }
}
