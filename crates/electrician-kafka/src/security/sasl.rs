//! Users.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use electrician_types::BoxError;

use crate::{Secret, tokens::Tokens};

/// Who the client is, and how it proves that.
#[derive(Clone)]
pub struct Sasl(Mechanism);

#[derive(Clone)]
enum Mechanism {
    Password { name: &'static str, user: String, password: Secret },
    OAuthBearer(Tokens),
}

/// A token of OAUTHBEARER, as its function returns it.
#[derive(Clone, Debug)]
pub struct Token {
    text: Secret,
    principal: String,
    /// Milliseconds since 1970.
    expires_at: i64,
}

// === impl Sasl ===

impl Sasl {
    /// A user whose password the broker is told (PLAIN).
    pub fn plain(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::password("PLAIN", user.into(), password.into())
    }

    /// A user whose password the broker is not told (SCRAM-SHA-256).
    pub fn scram_sha_256(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::password("SCRAM-SHA-256", user.into(), password.into())
    }

    /// A user whose password the broker is not told (SCRAM-SHA-512).
    pub fn scram_sha_512(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::password("SCRAM-SHA-512", user.into(), password.into())
    }

    /// Whoever a token says (OAUTHBEARER).
    ///
    /// `token` is called when a client starts and again when four fifths of a token's life have
    /// passed. After an error it is called again ten seconds later; the connections that are there
    /// stay, and new ones are refused once the old token has expired. It is called where the client
    /// polls the driver, so it should return soon: fetch tokens elsewhere and hand out the last one.
    /// What its error says is logged, so it must not hold a secret.
    ///
    /// ```
    /// use std::time::Duration;
    /// use electrician_kafka::{Sasl, Token};
    ///
    /// # fn fetch() -> std::io::Result<String> { Ok(String::new()) }
    /// let sasl = Sasl::oauth_bearer(|| {
    ///     let token = fetch()?;
    ///     Ok(Token::new(token, "strikes", Duration::from_secs(300)))
    /// });
    /// # let _ = sasl;
    /// ```
    pub fn oauth_bearer(
        token: impl Fn() -> Result<Token, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self(Mechanism::OAuthBearer(Tokens::new(token)))
    }

    fn password(name: &'static str, user: String, password: Secret) -> Self {
        Self(Mechanism::Password { name, user, password })
    }

    pub(super) fn validate(&self, problems: &mut Vec<String>) {
        if let Mechanism::Password { name, user, password } = &self.0 {
            if user.is_empty() {
                problems.push(format!("SASL {name} has no user: name one"));
            }
            if password.expose().is_empty() {
                problems.push(format!("SASL {name} has an empty password"));
            }
        }
    }

    pub(super) fn add_to(&self, properties: &mut BTreeMap<&'static str, String>) {
        match &self.0 {
            Mechanism::Password { name, user, password } => {
                properties.insert("sasl.mechanism", (*name).to_owned());
                properties.insert("sasl.username", user.clone());
                properties.insert("sasl.password", password.expose().to_owned());
            }
            Mechanism::OAuthBearer(_) => {
                properties.insert("sasl.mechanism", "OAUTHBEARER".to_owned());
            }
        }
    }

    pub(super) fn tokens(&self) -> Tokens {
        match &self.0 {
            Mechanism::OAuthBearer(tokens) => tokens.clone(),
            Mechanism::Password { .. } => Tokens::default(),
        }
    }
}

impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Mechanism::Password { name, user, .. } => {
                f.debug_struct(name).field("user", user).finish_non_exhaustive()
            }
            Mechanism::OAuthBearer(_) => f.write_str("OAUTHBEARER"),
        }
    }
}

// === impl Token ===

impl Token {
    /// A token that is good for `lifetime` from now on, in the name of `principal`.
    pub fn new(text: impl Into<Secret>, principal: impl Into<String>, lifetime: Duration) -> Self {
        let expires_at = since_1970(SystemTime::now()).saturating_add(millis(lifetime));
        Self { text: text.into(), principal: principal.into(), expires_at }
    }

    /// A token that is good until `expires_at`, in the name of `principal`.
    pub fn until(
        text: impl Into<Secret>,
        principal: impl Into<String>,
        expires_at: SystemTime,
    ) -> Self {
        let expires_at = since_1970(expires_at);
        Self { text: text.into(), principal: principal.into(), expires_at }
    }

    /// The text, the principal, and the end in milliseconds since 1970.
    pub(crate) fn into_parts(self) -> (Secret, String, i64) {
        (self.text, self.principal, self.expires_at)
    }
}

fn since_1970(time: SystemTime) -> i64 {
    millis(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
