//! Keys that sign tokens.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding,
    RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const SOUND: &str = "a key that was made here signs";

/// A key pair that signs tokens, for tokens that are as they should be and for those that are not.
pub struct SigningKey {
    algorithm: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    Ec(Box<EcdsaKeyPair>, &'static str, usize),
    Ed(Box<Ed25519KeyPair>),
    Secret(Box<hmac::Key>),
}

// === impl SigningKey ===

impl SigningKey {
    /// A new key for the algorithm: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512` (2,048
    /// bits), `ES256`, `ES384`, `ES512` or `EdDSA`.
    ///
    /// # Panics
    ///
    /// When the algorithm is another.
    pub fn generate(algorithm: &'static str) -> Self {
        let rsa = |encoding| {
            Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).expect(SOUND)), encoding)
        };
        let ec = |signing, curve, length| {
            Pair::Ec(Box::new(EcdsaKeyPair::generate(signing).expect(SOUND)), curve, length)
        };
        let pair = match algorithm {
            "RS256" => rsa(&signature::RSA_PKCS1_SHA256),
            "RS384" => rsa(&signature::RSA_PKCS1_SHA384),
            "RS512" => rsa(&signature::RSA_PKCS1_SHA512),
            "PS256" => rsa(&signature::RSA_PSS_SHA256),
            "PS384" => rsa(&signature::RSA_PSS_SHA384),
            "PS512" => rsa(&signature::RSA_PSS_SHA512),
            "ES256" => ec(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", 32),
            "ES384" => ec(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", 48),
            "ES512" => ec(&ECDSA_P521_SHA512_FIXED_SIGNING, "P-521", 66),
            "EdDSA" => Pair::Ed(Box::new(Ed25519KeyPair::generate().expect(SOUND))),
            other => panic!("no key for {other:?} can be made"),
        };
        Self { algorithm, pair }
    }

    /// A key for `HS256`: a secret that both sides know.
    pub fn secret(secret: &[u8]) -> Self {
        let pair = Pair::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)));
        Self { algorithm: "HS256", pair }
    }

    /// What tokens call the algorithm.
    pub const fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// The public half as a JSON Web Key (RFC 7517) under this id.
    ///
    /// # Panics
    ///
    /// When the key is a secret: that has no public half.
    pub fn jwk(&self, id: &str) -> Value {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair, _) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": base64(&parts.n), "e": base64(&parts.e) })
            }
            Pair::Ec(pair, curve, length) => {
                // A byte that says "not compressed", then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(*length);
                json!({ "kty": "EC", "crv": curve, "x": base64(x), "y": base64(y) })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": base64(pair.public_key().as_ref()) })
            }
            Pair::Secret(_) => panic!("a secret is not published"),
        };
        jwk["kid"] = id.into();
        jwk["alg"] = self.algorithm.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token with exactly this header and these claims, whether they fit the key or not.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let message = format!(
            "{}.{}",
            base64(header.to_string().as_bytes()),
            base64(claims.to_string().as_bytes())
        );
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", base64(&signature))
    }

    /// The signature of the message, as tokens carry it.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).expect(SOUND);
                signature
            }
            Pair::Ec(pair, ..) => pair.sign(&random, message).expect(SOUND).as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Secret(key) => hmac::sign(key, message).as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
