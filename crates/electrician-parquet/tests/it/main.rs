//! Typed records to and from Parquet and Arrow IPC.


mod every;


mod records;

mod support;
