//! `PyArrow` with one thread, where it is installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// An interpreter that has `PyArrow`, instead of the one that the tests have made.
const PYTHON: &str = "ELECTRICIAN_PYTHON";

const MADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python");

const READ: &str = "
import sys, time, pyarrow as pa, pyarrow.parquet as pq
pa.set_cpu_count(1); pa.set_io_thread_count(1)
data = pa.py_buffer(open(sys.argv[1], 'rb').read())
pq.read_table(pa.BufferReader(data), use_threads=False)
start = time.perf_counter_ns()
pq.read_table(pa.BufferReader(data), use_threads=False)
print(time.perf_counter_ns() - start)
";

const WRITE: &str = "
import sys, time, pyarrow as pa, pyarrow.parquet as pq
pa.set_cpu_count(1); pa.set_io_thread_count(1)
table = pq.read_table(sys.argv[1], use_threads=False)
def write():
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression='lz4', row_group_size=1 << 20)
write()
start = time.perf_counter_ns()
write()
print(time.perf_counter_ns() - start)
";

pub(super) struct Python {
    program: PathBuf,
    file: PathBuf,
}

// === impl Python ===

impl Python {
    /// The interpreter, and the file where it can read it; `None` if it does not know `PyArrow`.
    pub(super) fn find(file: &[u8]) -> Option<Self> {
        let program = env::var_os(PYTHON).map_or_else(|| MADE.into(), PathBuf::from);
        let imported = Command::new(&program).args(["-c", "import pyarrow"]).output().ok()?;
        if !imported.status.success() {
            return None;
        }
        let folder = Path::new(crate::FOLDER).join("scratch");
        fs::create_dir_all(&folder).expect("a folder can be created");
        let path = folder.join("flights.parquet");
        fs::write(&path, file).expect("the disk has room");
        Some(Self { program, file: path })
    }

    pub(super) fn read(&self) -> Duration {
        self.run(READ)
    }

    pub(super) fn write(&self) -> Duration {
        self.run(WRITE)
    }

    /// What the second of two attempts took; the first one is for warming up.
    fn run(&self, script: &str) -> Duration {
        let mut python = Command::new(&self.program);
        let output = python.args(["-c", script]).arg(&self.file).output().expect("it ran before");
        let text = String::from_utf8_lossy(&output.stdout);
        let nanos = text.trim().parse();
        Duration::from_nanos(nanos.unwrap_or_else(|_| {
            panic!("no number: {text} {}", String::from_utf8_lossy(&output.stderr))
        }))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        fs::remove_file(&self.file).ok();
    }
}
