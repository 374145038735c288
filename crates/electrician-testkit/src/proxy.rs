//! A proxy between a client and a server that is as bad as a network can be.

mod pass;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::changes::{Changes, lock};

/// Passes bytes on to a server, until it is told not to.
///
/// It listens on a port of the loopback interface, and needs a runtime of tokio with IO. When it is
/// dropped, its connections are cut.
///
/// ```
/// # use electrician_testkit::FaultProxy;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// # let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let proxy = FaultProxy::start(server.local_addr()?, 7).await?;
/// proxy.cut_after(1..4096); // each connection from now on, after so many bytes as its dice say
/// // … clients connect to `proxy.address()`
/// proxy.heal();
/// # Ok(()) }
/// ```
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _running: JoinSet<()>,
}

struct Shared {
    to: SocketAddr,
    dice: Mutex<fastrand::Rng>,
    /// After how many bytes new connections are cut.
    cut_after: Mutex<Option<Range<usize>>>,
    way: watch::Sender<Way>,
    cuts: AtomicUsize,
    changes: Changes,
}

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Way {
    /// They vanish.
    is_hole: bool,
    /// How often they began to: whatever was open then stays silent.
    holes: u64,
    /// How often all was cut: whatever was open then is to end.
    cuts: u64,
}

// === impl FaultProxy ===

impl FaultProxy {
    /// A proxy in front of `to`, which does no harm yet. `seed` is that of its dice.
    pub async fn start(to: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            to,
            dice: Mutex::new(fastrand::Rng::with_seed(seed)),
            cut_after: Mutex::default(),
            way: watch::Sender::default(),
            cuts: AtomicUsize::default(),
            changes: Changes::default(),
        });
        let mut running = JoinSet::new();
        running.spawn(Arc::clone(&shared).serve(listener));
        Ok(Self { address, shared, _running: running })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts each connection that is made from now on, when so many bytes have gone through it as its
    /// dice say, both ways together.
    pub fn cut_after(&self, bytes: Range<usize>) {
        *lock(&self.shared.cut_after) = Some(bytes);
    }

    /// Cuts no connection that is made from now on.
    pub fn heal(&self) {
        *lock(&self.shared.cut_after) = None;
    }

    /// Cuts all connections now.
    pub fn cut(&self) {
        self.shared.way.send_modify(|way| way.cuts += 1);
    }

    /// Lets bytes vanish from now on, on all connections: both sides are left alone with one that
    /// stays open.
    pub fn swallow(&self) {
        self.shared.way.send_modify(|way| {
            way.is_hole = true;
            way.holes += 1;
        });
    }

    /// Passes on the bytes of connections that are made from now on. Those that lost some stay
    /// silent.
    pub fn pass(&self) {
        self.shared.way.send_modify(|way| way.is_hole = false);
    }

    /// How many connections were cut after their bytes.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Waits until so many were. Cancel-safe.
    pub async fn wait_for_cuts(&self, cuts: usize) {
        let enough = || (self.cuts() >= cuts).then_some(());
        self.shared.changes.until(enough).await;
    }
}

// === impl Shared ===

impl Shared {
    async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => if let Ok((near, _)) = accepted {
                    connections.spawn(Arc::clone(&self).connection(near));
                },
            }
        }
    }

    async fn connection(self: Arc<Self>, near: TcpStream) {
        let budget = lock(&self.cut_after).clone();
        let budget = budget.map_or(usize::MAX, |bytes| lock(&self.dice).usize(bytes));
        // Cut off before anything is said, there is nothing to connect to.
        if budget > 0 {
            let way = self.way.subscribe();
            let Ok(far) = TcpStream::connect(self.to).await else { return };
            if !pass::pass(near, far, budget, way).await {
                return;
            }
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.changes.announce();
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy")
            .field("address", &self.address)
            .field("cut_after", &*lock(&self.shared.cut_after))
            .field("way", &*self.shared.way.borrow())
            .field("cuts", &self.cuts())
            .finish_non_exhaustive()
    }
}
