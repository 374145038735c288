//! Keys that verify tokens.

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;

/// The most keys of a set: more is no set that somebody publishes in earnest.
const MAX_KEYS: usize = 100;

/// RSA keys in bytes: 2,048 to 8,192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// What a key can be used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
    Secret,
}

/// Keys as an issuer publishes them.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: Vec<VerifyingKey>,
}

pub(crate) struct VerifyingKey {
    id: Option<String>,
    family: Family,
    /// The one algorithm that it is for, if it says.
    algorithm: Option<Algorithm>,
    material: Material,
}

enum Material {
    Known(DecodingKey),
    /// An uncompressed point.
    P521(Vec<u8>),
}

/// What a set has for a token.
pub(crate) enum Found<'a> {
    Key(&'a VerifyingKey),
    /// There are such keys, but not for this algorithm.
    NotFor,
    Nothing,
}

// === impl KeySet ===

impl KeySet {
    /// The keys of a JSON Web Key Set (RFC 7517). Those that are for something else or cannot be
    /// read are left out; why is told together with the set.
    pub(crate) fn read(jwks: &Value) -> Result<(Self, Vec<String>), &'static str> {
        let all = jwks.get("keys").and_then(Value::as_array).ok_or("it has no list of \"keys\"")?;
        if all.len() > MAX_KEYS {
            return Err("it has more than 100 keys");
        }
        let mut set = Self::default();
        let mut left_out = Vec::new();
        for jwk in all {
            match VerifyingKey::read(jwk) {
                Ok(key) => set.keys.push(key),
                Err(problem) => left_out.push(problem.to_owned()),
            }
        }
        Ok((set, left_out))
    }

    pub(crate) fn of(key: VerifyingKey) -> Self {
        Self { keys: vec![key] }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key with this id, for this algorithm. A token that names none means the only one there
    /// is.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let named = |key: &&VerifyingKey| id.is_none() || key.id.as_deref() == id;
        let mut fit = self.keys.iter().filter(named).filter(|key| key.is_for(algorithm));
        match (fit.next(), fit.next()) {
            (Some(key), None) => Found::Key(key),
            // Two keys with one id are the issuer's mistake; the first is as good as the other.
            (Some(key), Some(_)) if id.is_some() => Found::Key(key),
            (None, _) if id.is_some() && self.keys.iter().any(|key| named(&key)) => Found::NotFor,
            _ => Found::Nothing,
        }
    }
}

// === impl VerifyingKey ===

impl VerifyingKey {
    /// A secret that both sides know.
    pub(crate) fn secret(secret: &[u8]) -> Self {
        Self {
            id: None,
            family: Family::Secret,
            algorithm: Some(Algorithm::HS256),
            material: Material::Known(DecodingKey::from_secret(secret)),
        }
    }

    fn read(jwk: &Value) -> Result<Self, &'static str> {
        let jwk = jwk.as_object().ok_or("a key is no object")?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return Err("a key is not for signatures");
        }
        let operations = jwk.get("key_ops").and_then(Value::as_array);
        if operations.is_some_and(|all| !all.iter().any(|operation| operation == "verify")) {
            return Err("a key is not for verifying");
        }
        let (family, material) = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => (Family::Rsa, rsa(jwk)?),
            (Some("EC"), Some("P-256")) => (Family::P256, ec(jwk, 32)?),
            (Some("EC"), Some("P-384")) => (Family::P384, ec(jwk, 48)?),
            (Some("EC"), Some("P-521")) => (Family::P521, ec(jwk, 66)?),
            (Some("OKP"), Some("Ed25519")) => (Family::Ed25519, ed(jwk)?),
            // A secret that is published is none: whoever reads it can sign.
            (Some("oct"), _) => return Err("a key is a secret, which must not be published"),
            _ => return Err("a key is of a kind that is not known"),
        };
        let algorithm = match text("alg") {
            None => None,
            Some(name) => match Algorithm::named(name) {
                Some(algorithm) if algorithm.family() == family => Some(algorithm),
                _ => return Err("a key is for an algorithm that does not fit it"),
            },
        };
        Ok(Self { id: text("kid").map(str::to_owned), family, algorithm, material })
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        algorithm.family() == self.family && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether the signature is of this key. The algorithm must be one that the key is for.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.is_for(algorithm) {
            return false;
        }
        match &self.material {
            Material::P521(point) => UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point)
                .verify(message, signature)
                .is_ok(),
            Material::Known(key) => known(algorithm).is_some_and(|algorithm| {
                // The provider is named: which one a process has installed is left to chance.
                (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key)
                    .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
            }),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("id", &self.id)
            .field("family", &self.family)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn known(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    algorithm.name().parse().ok()
}

fn rsa(jwk: &Map<String, Value>) -> Result<Material, &'static str> {
    let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let leading = n.iter().take_while(|byte| **byte == 0).count();
    if !RSA_BYTES.contains(&(n.len() - leading)) {
        return Err("an RSA key has less than 2,048 bits, or more than 8,192");
    }
    Ok(Material::Known(DecodingKey::from_rsa_raw_components(&n[leading..], &e)))
}

fn ec(jwk: &Map<String, Value>, length: usize) -> Result<Material, &'static str> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != length || y.len() != length {
        return Err("a coordinate of a key does not have the length of its curve");
    }
    // Uncompressed: a byte that says so, then both coordinates.
    let point = [&[4], &x[..], &y[..]].concat();
    if length == 66 {
        return Ok(Material::P521(point));
    }
    Ok(Material::Known(DecodingKey::from_ec_der(&point)))
}

fn ed(jwk: &Map<String, Value>) -> Result<Material, &'static str> {
    let x = bytes(jwk, "x")?;
    if x.len() != 32 {
        return Err("an Ed25519 key does not have 32 bytes");
    }
    Ok(Material::Known(DecodingKey::from_ed_der(&x)))
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, &'static str> {
    let text = jwk.get(name).and_then(Value::as_str).ok_or("a part of a key is missing")?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "a part of a key is no base64")
}
