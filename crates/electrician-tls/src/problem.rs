//! Problems as the configuration error tells them.

use electrician_types::ConfigError;

/// What is wrong, in the order it was found.
pub(crate) type Problems = Vec<String>;

/// The error of a single problem.
pub(crate) fn refuse(problem: impl Into<String>) -> ConfigError {
    match ConfigError::check(vec![problem.into()]) {
        Err(error) => error,
        Ok(()) => unreachable!("there is a problem"),
    }
}

/// The value, or a note of why there is none.
pub(crate) fn note<T>(result: Result<T, String>, problems: &mut Problems) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// The value, or a note of every reason why there is none.
pub(crate) fn note_all<T>(result: Result<T, Problems>, problems: &mut Problems) -> Option<T> {
    result.map_err(|more| problems.extend(more)).ok()
}

/// The value, or everything that is wrong: where there is no value there must be a problem.
pub(crate) fn conclude<T>(value: Option<T>, problems: Problems) -> Result<T, ConfigError> {
    ConfigError::check(problems)?;
    Ok(value.expect("where there is no value there is a problem"))
}
