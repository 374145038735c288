//! The panel: what it shows, and where it is served.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use electrician_meter::Meter;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::error::PanelError;
use crate::letters::LetterBook;
use crate::serve;
use crate::state::State;

/// The shortest token.
const MIN_TOKEN: usize = 16;

/// A web page that shows what a [`Meter`] sees, live.
///
/// It reads and never changes anything: there is nothing on the page that acts on the pipeline.
#[derive(Clone, Debug)]
pub struct Panel {
    meter: Meter,
    settings: Settings,
    letters: LetterBook,
}

/// A panel in preparation.
#[must_use = "a builder does nothing until it builds"]
#[derive(Debug)]
pub struct PanelBuilder {
    meter: Meter,
    settings: Settings,
    letters: usize,
}

#[derive(Clone)]
struct Settings {
    title: Arc<str>,
    interval: Duration,
    history: Duration,
    token: Option<Arc<str>>,
    viewers: usize,
}

/// A panel that is served. Dropping it ends that at once; [`stop`](Self::stop) as well, and waits
/// for it.
#[must_use = "dropping it ends the panel"]
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

// === impl Panel ===

impl Panel {
    /// A panel of what `meter` sees, with the defaults.
    pub fn new(meter: Meter) -> Self {
        Self::builder(meter).build()
    }

    /// A panel of what `meter` sees.
    pub fn builder(meter: Meter) -> PanelBuilder {
        PanelBuilder {
            meter,
            settings: Settings {
                title: "Electrician".into(),
                interval: Duration::from_millis(500),
                history: Duration::from_mins(5),
                token: None,
                viewers: 32,
            },
            letters: 200,
        }
    }

    /// Where dead letters are put to be shown on the page.
    pub fn letters(&self) -> &LetterBook {
        &self.letters
    }

    /// Serves the panel at `address`: `127.0.0.1:0` takes any free port of this machine alone.
    ///
    /// An address that other machines can reach needs a [token](PanelBuilder::with_token). There is
    /// no TLS: put a proxy that has it in front.
    ///
    /// The tasks behind it end when the result is stopped or dropped.
    pub async fn serve(
        &self,
        address: impl ToSocketAddrs + fmt::Debug,
    ) -> Result<Served, PanelError> {
        let unbound = |source| PanelError::Bind { address: format!("{address:?}"), source };
        if let Some(token) = &self.settings.token
            && (token.len() < MIN_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(PanelError::WeakToken { length: token.chars().count() });
        }
        let listener = TcpListener::bind(&address).await.map_err(unbound)?;
        let local = listener.local_addr().map_err(unbound)?;
        let Settings { title, interval, history, token, viewers } = self.settings.clone();
        if !local.ip().is_loopback() && token.is_none() {
            return Err(PanelError::Exposed { address: local });
        }
        let access = Access::new(local, token);
        let state = State::new(self.meter.clone(), self.letters.clone(), title, interval, history);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve::run(listener, state, access, viewers, stopped));
        Ok(Served { address: local, stop, task: Some(task) })
    }
}

// === impl PanelBuilder ===

impl PanelBuilder {
    /// Sets the title of the page. Default: "Electrician".
    pub fn with_title(mut self, title: impl Into<Arc<str>>) -> Self {
        self.settings.title = title.into();
        self
    }

    /// Sets how often the pipeline is looked at, for all viewers at once; from 50 ms to a minute.
    /// Default: 500 ms.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.settings.interval = interval.clamp(Duration::from_millis(50), Duration::from_mins(1));
        self
    }

    /// Sets how far back the curves go, at most an hour and 2,000 points. Default: five minutes.
    pub fn with_history(mut self, history: Duration) -> Self {
        self.settings.history = history.min(Duration::from_hours(1));
        self
    }

    /// Asks for a token: at least 16 characters of visible ASCII. It is given once as
    /// `http://…/?token=…`, and stays with the browser as a cookie that no script can read; or with
    /// each request as `Authorization: Bearer …`.
    pub fn with_token(mut self, token: impl Into<Arc<str>>) -> Self {
        self.settings.token = Some(token.into());
        self
    }

    /// Sets how many connections there are at most; more wait. Default: 32.
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.settings.viewers = connections.max(1);
        self
    }

    /// Sets how many dead letters are kept for the page, the latest ones. Default: 200.
    pub fn with_letters(mut self, letters: usize) -> Self {
        self.letters = letters.max(1);
        self
    }

    /// The panel.
    pub fn build(self) -> Panel {
        let Self { meter, settings, letters } = self;
        Panel { meter, settings, letters: LetterBook::new(letters) }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("title", &self.title)
            .field("interval", &self.interval)
            .field("history", &self.history)
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("viewers", &self.viewers)
            .finish()
    }
}

// === impl Served ===

impl Served {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to open in a browser, without the token.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Ends it and waits until its tasks are gone. Cancelling this ends it all the same.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            let mut task = AbortOnDrop(task);
            // A panic of the server was logged where it happened; there is nothing left to stop.
            let _: Result<(), _> = (&mut task.0).await;
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
