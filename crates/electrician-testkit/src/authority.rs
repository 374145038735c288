//! Certificates made on the spot.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};

/// A certificate authority that lives as long as a test, with a key made anew.
///
/// What it gives out is PEM text. Its certificates are valid from 1975 to 4096, unless told.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    next_serial: AtomicU64,
}

/// What a certificate is to say.
#[derive(Clone, Debug)]
#[must_use = "an authority makes a certificate of it"]
pub struct Leaf {
    names: Vec<SanType>,
    common_name: Option<String>,
    usage: ExtendedKeyUsagePurpose,
    /// The first day and the last: year, month, day.
    days: Option<[(i32, u8, u8); 2]>,
}

/// A certificate with its private key, both as PEM text.
#[derive(Clone)]
pub struct Certificate {
    certificate: String,
    key: String,
    der: Vec<u8>,
    serial: u64,
}

const SOUND: &str = "a certificate for a test can be made of its names";

// === impl Authority ===

impl Authority {
    /// An authority with this common name.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect(SOUND);
        let issuer = CertifiedIssuer::self_signed(params, key).expect(SOUND);
        Self { issuer, next_serial: AtomicU64::new(1) }
    }

    /// The certificate of the authority, for those who are to trust it.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The certificate of the authority as DER.
    pub fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    /// Makes a certificate and a key for it.
    ///
    /// # Panics
    ///
    /// When a name is not ASCII.
    pub fn certify(&self, leaf: &Leaf) -> Certificate {
        let serial = self.next_serial.fetch_add(1, Ordering::Relaxed);
        let key = KeyPair::generate().expect(SOUND);
        let signed = leaf.params(serial).signed_by(&key, &self.issuer).expect(SOUND);
        Certificate::new(&signed, &key, serial)
    }

    /// A list of revoked certificates, as PEM text; it may be empty.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn revoke<'a>(&self, certificates: impl IntoIterator<Item = &'a Certificate>) -> String {
        let revoked = certificates.into_iter().map(|certificate| RevokedCertParams {
            serial_number: SerialNumber::from(certificate.serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(4096, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).and_then(|list| list.pem()).expect(SOUND)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

// === impl Leaf ===

impl Leaf {
    /// A server under these DNS names and IP addresses.
    ///
    /// # Panics
    ///
    /// When a name is not ASCII.
    pub fn server<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut leaf = Self::new(ExtendedKeyUsagePurpose::ServerAuth);
        for name in names {
            leaf.names.push(match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.try_into().expect(SOUND)),
            });
        }
        leaf
    }

    /// A client that has no name yet.
    pub const fn client() -> Self {
        Self::new(ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// With this DNS name as well.
    ///
    /// # Panics
    ///
    /// When it is not ASCII.
    pub fn with_dns(mut self, name: &str) -> Self {
        self.names.push(SanType::DnsName(name.try_into().expect(SOUND)));
        self
    }

    /// With this URI as well.
    ///
    /// # Panics
    ///
    /// When it is not ASCII.
    pub fn with_uri(mut self, uri: &str) -> Self {
        self.names.push(SanType::URI(uri.try_into().expect(SOUND)));
        self
    }

    /// With this common name.
    pub fn with_common_name(mut self, name: &str) -> Self {
        self.common_name = Some(name.to_owned());
        self
    }

    /// Valid between midnight of these days, each year, month, day.
    pub const fn valid(mut self, from: (i32, u8, u8), to: (i32, u8, u8)) -> Self {
        self.days = Some([from, to]);
        self
    }

    /// Signs itself: no authority vouches for it.
    ///
    /// # Panics
    ///
    /// When a name is not ASCII.
    pub fn self_signed(&self) -> Certificate {
        let key = KeyPair::generate().expect(SOUND);
        let signed = self.params(1).self_signed(&key).expect(SOUND);
        Certificate::new(&signed, &key, 1)
    }

    const fn new(usage: ExtendedKeyUsagePurpose) -> Self {
        Self { names: Vec::new(), common_name: None, usage, days: None }
    }

    fn params(&self, serial: u64) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name =
            self.common_name.as_deref().map_or_else(DistinguishedName::new, common_name);
        params.subject_alt_names.clone_from(&self.names);
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![self.usage.clone()];
        params.use_authority_key_identifier_extension = true;
        if let Some([from, to]) = self.days {
            params.not_before = date_time_ymd(from.0, from.1, from.2);
            params.not_after = date_time_ymd(to.0, to.1, to.2);
        }
        params
    }
}

// === impl Certificate ===

impl Certificate {
    fn new(signed: &rcgen::Certificate, key: &KeyPair, serial: u64) -> Self {
        Self {
            certificate: signed.pem(),
            key: key.serialize_pem(),
            der: signed.der().to_vec(),
            serial,
        }
    }

    /// The certificate.
    pub fn pem(&self) -> &str {
        &self.certificate
    }

    /// The certificate as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The private key, PKCS#8.
    pub fn key_pem(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("serial", &self.serial).finish_non_exhaustive()
    }
}

fn common_name(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
