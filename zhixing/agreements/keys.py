"""The college's keys: Ed25519 for the short statement in a QR, a certificate for the signature in a PDF.

Both are made on first use in `ZHIXING_HOME/cert` and belong into the safe together with the other keys. A college that
has a certificate of a recognised authority names its PKCS#12 file in `PDF_CERTIFICATE`; papers that were sealed with
an earlier certificate stay ours, for every certificate once used is kept beside the key.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID
from django.conf import settings
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

# Agreements outlive the offices that made them; a paper is checked for as long as it is kept.
YEARS = 20


class KeyFault(RuntimeError):
    """A key that is configured cannot be used; one sentence says why."""


def folder() -> Path:
    path = Path(settings.HOME) / "cert"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What `path` holds, made on first use; of two processes that start together both get the first one's."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(make())
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link appears whole or not at all, and never takes the place of what is there.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


# The statement in the QR ------------------------------------------------------------------------------------------


def _new_statement_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def statement_key() -> Ed25519PrivateKey:
    """The key that signs what stands in the QR of every final document; `VERIFY_KEY` (PEM) takes its place."""
    configured = settings.ZHIXING["verify_key"]
    pem = configured.encode() if configured else _kept(folder() / "verify.key", _new_statement_key)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise KeyFault("VERIFY_KEY is no private key in PEM form.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFault("VERIFY_KEY is no Ed25519 key.")
    return key


def public_key_text() -> str:
    """The public key as people can print and type it: 43 characters, base64url of its 32 bytes."""
    raw = statement_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def public_key_pem() -> str:
    """The public key as programs read it."""
    return (
        statement_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def public_key(text: str) -> Ed25519PublicKey:
    """The public key from its 43 characters or its PEM form; ValueError when it is neither."""
    text = text.strip()
    if text.startswith("-----BEGIN"):
        found = serialization.load_pem_public_key(text.encode())
        if not isinstance(found, Ed25519PublicKey):
            raise ValueError("not an Ed25519 key")
        return found
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


# The signature in the PDF -----------------------------------------------------------------------------------------


def _new_certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            # X.520 allows 64 characters.
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _remember(certificate: asn1_x509.Certificate) -> None:
    der = certificate.dump()
    _kept(folder() / f"{sha256(der).hexdigest()[:24]}.cer", lambda: der)


def _configured(path: str) -> SimpleSigner:
    try:
        content = Path(path).read_bytes()
        password = settings.ZHIXING["pdf_certificate_password"].encode()
        return SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=password)
    except (OSError, ValueError) as error:
        raise KeyFault(f"The certificate {path} cannot be opened: is the path right, and the password?") from error


@lru_cache(maxsize=4)
def _signer(home: str, path: str, school: str) -> SimpleSigner:
    if path:
        signer = _configured(path)
    else:
        pem = _kept(folder() / "college.pem", lambda: _new_certificate(school))
        key = serialization.load_pem_private_key(pem, password=None)
        private = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
        signer = SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(der),
            signing_key=asn1_keys.PrivateKeyInfo.load(private),
            cert_registry=SimpleCertificateStore(),
        )
    if signer.signing_cert is None:
        raise KeyFault(f"There is no certificate in {path}.")
    _remember(signer.signing_cert)
    return signer


def signer(school: str) -> SimpleSigner:
    """Who signs PDFs for the college; on first use a certificate is made out to `school`, valid for 20 years."""
    return _signer(str(settings.HOME), settings.ZHIXING["pdf_certificate"], school)


def certificates() -> list[asn1_x509.Certificate]:
    """Every certificate that this college has ever sealed with."""
    return [asn1_x509.Certificate.load(path.read_bytes()) for path in sorted(folder().glob("*.cer"))]
