//! Everything can be shared between threads, and every future sent.

use electrician_auth::{
    AuthError, Authenticator, ClientCredentials, Identity, Introspector, Jwks, JwtValidator,
    Presented, Secret, StaticHeaders, Time, TokenSource,
};

const fn shared<T: Send + Sync + ?Sized>() {}

fn sent<T: Send>(_: &T) {}

#[test]
fn all_of_it() {
    shared::<(Authenticator, ClientCredentials, Identity, Introspector, Jwks, JwtValidator)>();
    shared::<(AuthError, Presented<'_>, Secret, StaticHeaders, Time)>();
    shared::<dyn TokenSource>();
    let nothing: [(&str, &str); 0] = [];
    sent(&Authenticator::nobody_is_asked().authenticate(Presented::new(&nothing)));
}
