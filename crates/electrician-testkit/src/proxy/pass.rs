//! One connection.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Way;

/// Bytes that are passed on at once.
const PIECE: usize = 2048;

/// Passes on `budget` bytes of both ways together. Whether that was its end.
pub(super) async fn pass(
    mut near: TcpStream,
    mut far: TcpStream,
    mut budget: usize,
    mut way: watch::Receiver<Way>,
) -> bool {
    let born = *way.borrow_and_update();
    let mut is_hole = born.is_hole;
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    let (mut one, mut other) = ([0; PIECE], [0; PIECE]);
    let (mut is_near_open, mut is_far_open) = (true, true);
    while budget > 0 {
        let most = budget.min(PIECE);
        let (read, bytes, to) = tokio::select! {
            biased;
            changed = way.changed() => {
                let now = *way.borrow_and_update();
                if changed.is_err() || now.cuts != born.cuts {
                    return false;
                }
                is_hole |= now.is_hole || now.holes != born.holes;
                continue;
            }
            read = from_near.read(&mut one[..most]), if is_near_open => (read, &one, &mut to_far),
            read = from_far.read(&mut other[..most]), if is_far_open => (read, &other, &mut to_near),
        };
        if is_hole {
            // Neither bytes nor ends get to the other side.
            if !matches!(read, Ok(1..)) {
                (is_near_open, is_far_open) = (false, false);
            }
            continue;
        }
        let Ok(read) = forward(read, bytes, to).await else { return false };
        budget -= read;
    }
    true
}

async fn forward(
    read: io::Result<usize>,
    bytes: &[u8],
    to: &mut tokio::net::tcp::WriteHalf<'_>,
) -> io::Result<usize> {
    let read = read?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    to.write_all(&bytes[..read]).await?;
    Ok(read)
}
