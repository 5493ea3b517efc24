"""An independent reading of docs/formats/backup.md: it opens what Bailee sealed for a recipient.

Uses the Python package `cryptography` and nothing of Bailee's. It reads a request (JSON) on standard input: a backup in base64
and the text of a private key's file; it answers with what the backup says of itself, and its content in base64.
"""

import base64
import hashlib
import json
import struct
import sys

try:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError:
    sys.exit("the Python package `cryptography` is missing: run `python3 -m pip install cryptography`, "
             "or name an interpreter that has it in BAILEE_PYTHON")

CHUNK, TAG, START, RECIPIENT = 65536, 16, 58, 112


def context(label, *pieces):
    return b"".join(struct.pack(">I", len(piece)) + piece for piece in [label.encode(), *pieces])


def derive(key, salt, info):
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def private_key(text):
    header, key, end = text.split("\n")
    assert header == "bailee backup key 1" and end == "" and key[:4] == "bks_" and len(key) == 60
    whole = base64.b32decode(key[4:].upper())
    assert hashlib.sha256(b"bks_" + whole[:32]).digest()[:3] == whole[32:]
    return X25519PrivateKey.from_private_bytes(whole[:32])


def public_text(public):
    check = hashlib.sha256(b"bkp_" + public).digest()[:3]
    return "bkp_" + base64.b32encode(public + check).decode().lower()


def file_key(start, entries, private):
    public = private.public_key().public_bytes_raw()
    own = hashlib.sha256(public).digest()[:16]
    for entry in entries:
        if entry[:16] == own:
            ephemeral, box = entry[16:48], entry[48:]
            shared = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
            between = derive(shared, ephemeral + public, context("bailee/v1/backup-recipient", start))
            bound = context("bailee/v1/backup-file-key", start)
            return AESGCM(derive(between, box[:16], bound)).decrypt(bytes(12), box[16:], bound)
    sys.exit("it is sealed for others")


def main():
    request = json.load(sys.stdin)
    data, private = base64.b64decode(request["file"]), private_key(request["key"])
    start = data[:START]
    magic, home, environment, backup, made_at, count = struct.unpack(">16s16sB16sqB", start)
    assert magic == b"bailee backup 1\n" and 1 <= count <= 8
    head = data[:START + count * RECIPIENT]
    entries = [head[START + at * RECIPIENT:START + (at + 1) * RECIPIENT] for at in range(count)]
    content_key = derive(file_key(start, entries, private), hashlib.sha256(head).digest(),
                         context("bailee/v1/backup-content"))
    content, at, place = b"", len(head), 0
    while True:
        chunk = data[at:at + CHUNK + TAG]
        at += len(chunk)
        last = at == len(data)
        nonce = bytes(7) + struct.pack(">IB", place, last)
        content += AESGCM(content_key).decrypt(nonce, chunk, None)
        place += 1
        if last:
            break
    json.dump({
        "home": home.hex(), "environment": {1: "production", 2: "test"}[environment], "backup": backup.hex(),
        "made_at": made_at, "recipient": public_text(private.public_key().public_bytes_raw()),
        "content": base64.b64encode(content).decode(),
    }, sys.stdout)


main()
