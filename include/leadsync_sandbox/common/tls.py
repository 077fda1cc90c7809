"""A self-signed certificate for loopback, made on the fly."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

LIFE = timedelta(days=365)


class TlsUnavailableError(RuntimeError):
    """The ``cryptography`` package, which makes the certificate, is not installed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files; clients trust ``certificate`` as their CA bundle."""

    certificate: Path
    key: Path


def loopback_certificate(folder: Path, names: Sequence[str] = ()) -> Certificate:
    """Return the certificate kept in ``folder`` for ``127.0.0.1`` and ``localhost``, made if new.

    :param names: further host names that a new certificate is for.
    :raises TlsUnavailableError: ``cryptography`` is missing.
    """
    made = Certificate(folder / "sandbox-cert.pem", folder / "sandbox-key.pem")
    if not (made.certificate.exists() and made.key.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        _make(made, ("localhost", *names))
    return made


def _make(target: Certificate, hosts: Sequence[str]) -> None:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID
    except ImportError as problem:
        raise TlsUnavailableError(
            "TLS for the sandbox needs the package cryptography: install requirements-dev.txt, "
            "or start the sandbox without --tls."
        ) from problem
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leadsync sandbox")])
    names = x509.SubjectAlternativeName(
        [*map(x509.DNSName, hosts), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    target.key.touch(mode=0o600)
    target.key.write_bytes(pem)
    target.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
