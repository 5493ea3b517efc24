"""A browser with an authenticator, for the tests: soft-webauthn, asked line by line.

Each line of standard input is a JSON object: `device` names an authenticator, `do` is `create` or `get`, `options` are those
of the server, `origin` is where the browser believes to be, `verified` whether the authenticator asked for a PIN, and
`count` sets its counter of signatures first. Each answer is a line: the credential as `toJSON` writes it.
"""

import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.utils import sha256
from soft_webauthn import SoftWebauthnDevice

USER_VERIFIED = 0x04
# The flags stand behind the hash of the relying party's id.
FLAGS_AT = 32


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(value):
    if isinstance(value, bytes):
        return urlsafe_b64encode(value).decode().rstrip("=")
    if isinstance(value, dict):
        return {name: encoded(member) for name, member in value.items()}
    return value


def verified(data):
    return data[:FLAGS_AT] + bytes([data[FLAGS_AT] | USER_VERIFIED]) + data[FLAGS_AT + 1 :]


def created(device, options, origin, is_verified):
    options["publicKey"]["user"]["id"] = decoded(options["publicKey"]["user"]["id"])
    credential = device.create(options, origin)
    if is_verified:
        # soft-webauthn knows no PIN. Nothing but this flag says that one was asked for, and no attestation signs it.
        made = cbor.decode(credential["response"]["attestationObject"])
        made["authData"] = verified(made["authData"])
        credential["response"]["attestationObject"] = cbor.encode(made)
    return credential


def got(device, options, origin, is_verified):
    credential = device.get(options, origin)
    if is_verified:
        response = credential["response"]
        response["authenticatorData"] = verified(response["authenticatorData"])
        signed = response["authenticatorData"] + sha256(response["clientDataJSON"])
        response["signature"] = device.private_key.sign(signed, ec.ECDSA(hashes.SHA256()))
    return credential


devices = {}
for line in sys.stdin:
    asked = json.loads(line)
    device = devices.setdefault(asked["device"], SoftWebauthnDevice())
    if "count" in asked:
        device.sign_count = asked["count"]
    options = asked["options"]
    options["publicKey"]["challenge"] = decoded(options["publicKey"]["challenge"])
    act = {"create": created, "get": got}[asked["do"]]
    credential = act(device, options, asked["origin"], asked["verified"])
    # soft-webauthn pads the id, and browsers do not.
    credential["id"] = encoded(credential["rawId"])
    print(json.dumps(encoded(credential)), flush=True)
