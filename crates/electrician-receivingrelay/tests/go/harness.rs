//! Cases that are named when the program runs, reported as a test harness does.

use std::env;
use std::error::Error;
use std::pin::Pin;
use std::process::ExitCode;

use electrician_testkit::drive::soon;
use tokio::runtime::Runtime;

/// What is wrong is read by a person.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Something to be tried, under a name.
pub(crate) struct Case {
    name: String,
    what: What,
}

enum What {
    Run(Pin<Box<dyn Future<Output = Outcome> + Send>>),
    Skip(String),
}

// === impl Case ===

impl Case {
    pub(crate) fn new(
        name: impl Into<String>,
        run: impl Future<Output = Outcome> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), what: What::Run(Box::pin(run)) }
    }

    /// One that cannot be tried here.
    pub(crate) fn skipped(name: &str, reason: String) -> Self {
        Self { name: name.to_owned(), what: What::Skip(reason) }
    }

    /// One that cannot be tried here, and must be.
    pub(crate) fn failed(name: &str, reason: String) -> Self {
        Self::new(name, async move { Err(reason.into()) })
    }
}

/// Runs those that the arguments ask for, one after the other.
pub(crate) fn run(cases: Vec<Case>) -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let parts: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let is_asked =
        |case: &Case| parts.is_empty() || parts.iter().any(|part| case.name.contains(*part));
    let (cases, others): (Vec<_>, Vec<_>) = cases.into_iter().partition(is_asked);
    if args.iter().any(|arg| arg == "--list") {
        for case in &cases {
            println!("{}: test", case.name);
        }
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", cases.len());
    let runtime = Runtime::new().expect("a runtime can be made");
    let (mut passed, mut ignored, mut failures) = (0, 0, Vec::new());
    for Case { name, what } in cases {
        match what {
            What::Skip(reason) => {
                ignored += 1;
                println!("test {name} ... ignored, {}", reason.replace('\n', "; "));
            }
            What::Run(run) => match runtime.block_on(async { tokio::spawn(soon(run)).await }) {
                Ok(Ok(())) => {
                    passed += 1;
                    println!("test {name} ... ok");
                }
                Ok(Err(error)) => {
                    println!("test {name} ... FAILED");
                    failures.push((name, error.to_string()));
                }
                Err(panicked) => {
                    println!("test {name} ... FAILED");
                    failures.push((name, panicked.to_string()));
                }
            },
        }
    }
    for (name, error) in &failures {
        println!("\n---- {name} ----\n{error}");
    }
    let is_good = failures.is_empty();
    println!(
        "\ntest result: {}. {passed} passed; {} failed; {ignored} ignored; 0 measured; {} filtered \
         out\n",
        if is_good { "ok" } else { "FAILED" },
        failures.len(),
        others.len(),
    );
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
