//! Signed tokens (RFC 7515, compact form) with which FCM, APNs and push services know us.
//!
//! ES256 and RS256 by ring; nothing is read or verified here.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair,
};
use serde_json::Value;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::secret::Secret;

/// Why a token cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The key cannot be read.
    #[error("the key of the {0} cannot be read; paste the whole PEM text as it was given out")]
    Key(&'static str),
    /// The cryptographic library failed.
    #[error("signing a token failed")]
    Failed,
}

/// A key that signs tokens.
pub(crate) enum Key {
    /// ECDSA on P-256.
    Es256(Box<EcdsaKeyPair>),
    /// RSA.
    Rs256(Box<RsaKeyPair>),
}

impl Key {
    /// An EC key in PEM (PKCS #8).
    pub(crate) fn es256(what: &'static str, pem: &Secret) -> Result<Key, Error> {
        let der = pkcs8(what, pem)?;
        let der = der.secret_pkcs8_der();
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new())
            .map(|pair| Key::Es256(Box::new(pair)))
            .map_err(|_| Error::Key(what))
    }

    /// An RSA key in PEM (PKCS #8).
    pub(crate) fn rs256(what: &'static str, pem: &Secret) -> Result<Key, Error> {
        let der = pkcs8(what, pem)?;
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
            .map(|pair| Key::Rs256(Box::new(pair)))
            .map_err(|_| Error::Key(what))
    }

    /// The token. `header` is extended by the algorithm.
    pub(crate) fn token(&self, mut header: Value, claims: &Value) -> Result<String, Error> {
        let algorithm = match self {
            Key::Es256(_) => "ES256",
            Key::Rs256(_) => "RS256",
        };
        if let Some(header) = header.as_object_mut() {
            header.insert("alg".to_owned(), algorithm.into());
        }
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        match self {
            Key::Es256(pair) => {
                let signature = pair.sign(&random, data).map_err(|_| Error::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Key::Rs256(pair) => {
                let padding: &dyn RsaEncoding = &RSA_PKCS1_SHA256;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, data, &mut signature).map_err(|_| Error::Failed)?;
                Ok(signature)
            }
        }
    }
}

fn pkcs8(what: &'static str, pem: &Secret) -> Result<PrivatePkcs8KeyDer<'static>, Error> {
    PrivatePkcs8KeyDer::from_pem_slice(pem.reveal().as_bytes()).map_err(|_| Error::Key(what))
}
