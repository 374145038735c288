//! scratch
mod alloc; mod baseline; mod clock; mod drive; mod electrician; mod line; mod workload;
use drive::*; use workload::*; use electrician::*; use std::time::Duration;
fn main() {
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let w1 = Work::lasting(Duration::from_micros(1)); let w10 = Work::lasting(Duration::from_micros(10));
    println!("{w1:?} {w10:?}");
    macro_rules! line { ($l:expr, $w:expr, $f:expr) => {{ let (l,w)=($l,$w); let rt=&rt; Box::new(move |n| rt.block_on(async { tokio::spawn(throughput(l,w,$f,n)).await.unwrap() })) as Box<dyn Fn(u64)->Duration> }} }
    for (name, w, n) in [("noop", Work::Noop, 200_000u64), ("sha", Work::Hash, 100_000), ("1us", w1, 40_000), ("10us", w10, 6000)] {
        let rtr=&rt;
        let c: Vec<(&str, Box<dyn Fn(u64)->Duration>)> = vec![
            ("inline", Box::new(move |n| baseline::alone::inline(w, n))),
            ("ideal", Box::new(move |n| baseline::alone::ideal(w, n))),
            ("flume", line!(baseline::flume::Flume, w, Feed::Single)),
            ("mpsc shared", line!(baseline::mpsc::Shared, w, Feed::Single)),
            ("mpsc rr", line!(baseline::mpsc::RoundRobin, w, Feed::Single)),
            ("mpsc shared permits", line!(baseline::mpsc::SharedPermits, w, Feed::Batch)),
            ("mpsc naive", line!(baseline::mpsc::Naive, w, Feed::Single)),
            ("mpsc rr permits", line!(baseline::mpsc::RoundRobinPermits, w, Feed::Batch)),
            ("buffered 16", Box::new(move |n| rtr.block_on(async { tokio::spawn(baseline::buffered::one_task(w, n, 16)).await.unwrap()}))),
            ("spawned 64", Box::new(move |n| rtr.block_on(async { tokio::spawn(baseline::buffered::spawned(w, n, 64)).await.unwrap()}))),
            ("wire submit", line!(Electrician(plain), w, Feed::Single)),
            ("wire batch", line!(Electrician(plain), w, Feed::Batch)),
            ("wire ordered batch", line!(Electrician(ordered), w, Feed::Batch)),
            ("wire keyed batch", line!(Electrician(keyed), w, Feed::Batch)),
        ];
        let mut s = vec![vec![]; c.len()];
        for r in 0..31 { for (i,(_, f)) in c.iter().enumerate() { let d = f(n).as_nanos() as f64 / n as f64; if r>0 { s[i].push(d) } } }
        println!("== {name}");
        for (i,(l,_)) in c.iter().enumerate() { s[i].sort_by(f64::total_cmp); println!("{l:22} {:9.1} {:9.1} {:9.1}", s[i][0], s[i][15], s[i][29]); }
    }
}
