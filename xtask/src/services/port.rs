//! Ports of the loopback interface.

use std::{io, net::TcpListener};

/// Ports that nobody listens on. They differ from each other, for they are held until all are known.
pub(super) fn free<const N: usize>() -> io::Result<[u16; N]> {
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
