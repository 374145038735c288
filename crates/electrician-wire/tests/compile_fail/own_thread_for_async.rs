//! Work that awaits needs no thread of its own.

use electrician_wire::Wire;

fn main() {
    let _ = Wire::new_async("fetch", |n: u64| async move { Ok::<_, String>(n) })
        .on_blocking_threads();
}
