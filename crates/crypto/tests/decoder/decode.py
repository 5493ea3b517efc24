"""An independent reading of docs/formats: it derives Bailee's keys, opens what Bailee sealed, and seals what Bailee opens.

Uses the Python package `cryptography` and nothing of Bailee's. It is run by the tests:

    decode.py vectors FILE     checks every vector of docs/formats/vectors/keys.json
    decode.py keyring          reads a request (JSON) on standard input, answers with JSON
"""

import base64
import hashlib
import hmac
import json
import os
import struct
import sys

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
except ImportError:
    sys.exit("the Python package `cryptography` (44 or newer) is missing: run `python3 -m pip install cryptography`, "
             "or name an interpreter that has it in BAILEE_PYTHON")


def prefixed(piece):
    return struct.pack(">I", len(piece)) + piece


def context(label, *pieces):
    return prefixed(label.encode()) + b"".join(prefixed(piece) for piece in pieces)


def derive(key, salt, info):
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def expand(key, info):
    return HKDFExpand(algorithm=hashes.SHA256(), length=32, info=info).derive(key)


def open_box(key, bound, sealed):
    return AESGCM(derive(key, sealed[:16], bound)).decrypt(bytes(12), sealed[16:], bound)


def mac(key, label, *pieces):
    return hmac.new(key, context(label, *pieces), hashlib.sha256).digest()[:16]


class Bytes:
    """Reads bytes from front to back."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        piece = self.data[self.at:self.at + length]
        assert len(piece) == length, "the bytes end early"
        self.at += length
        return piece

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))[0]

    def prefixed(self):
        return self.take(self.number("I"))

    def done(self):
        assert self.at == len(self.data), "bytes are left over"


# --- root key and keyring -------------------------------------------------------------------------------------------

def root_key(text):
    header, key, end = text.split("\n")
    assert header == "bailee root key 1" and end == ""
    key = base64.b64decode(key, validate=True)
    assert len(key) == 32
    return key


def root_key_under(passphrase, text):
    """The root key of a file, and the key of the box in which it lies."""
    header, cost, salt, box, end = text.split("\n")
    assert header == "bailee root key under a passphrase 1" and end == ""
    name, version, *numbers = cost.split(" ")
    assert (name, version) == ("argon2id", "v=19") and [number[:2] for number in numbers] == ["m=", "t=", "p="]
    memory, passes, lanes = (int(number[2:]) for number in numbers)
    derived = Argon2id(salt=base64.b64decode(salt, validate=True), length=32, iterations=passes, lanes=lanes,
                       memory_cost=memory).derive(passphrase.encode())
    before = text[:text.index(box)]
    bound = context("bailee/v1/root-passphrase", before.encode())
    return open_box(derived, bound, base64.b64decode(box, validate=True)), derived


def unwrap(root, bound, wrapped):
    assert wrapped[0] == 1
    return open_box(root, context("bailee/v1/root-wrap", bound), wrapped[1:])


def bound_to(binding, label, *pieces):
    return context(label, binding["home"], binding["environment"], *pieces)


def read_segment_id(data):
    start = data.at
    kind = data.number("B")
    seller = data.take(data.number("B")).decode()
    return (kind, seller, data.number("i")), data.data[start:data.at]


def open_head(root, file):
    assert hashlib.sha256(file[:-32]).digest() == file[-32:]
    data = Bytes(file[:-32])
    assert data.take(16) == b"bailee keyring 1"
    binding = {"home": data.take(16), "environment": {1: b"production", 2: b"test"}[data.number("B")]}
    head = {"binding": binding, "revision": data.number("Q"), "previous": data.take(32), "epoch": data.number("Q")}
    wrapped = data.prefixed()
    header = data.data[:data.at]
    sealed = data.prefixed()
    data.done()
    secret = unwrap(root, bound_to(binding, "bailee/v1/epoch-secret", struct.pack(">Q", head["epoch"])), wrapped)
    body = Bytes(open_box(secret, bound_to(binding, "bailee/v1/head", header), sealed))
    head["lasting"] = body.take(32)
    head["ancestors"] = [(body.number("Q"), body.take(32)) for _ in range(body.number("I"))]
    head["gone"] = [read_segment_id(body)[0] for _ in range(body.number("I"))]
    head["segments"] = {}
    for _ in range(body.number("I")):
        segment, written = read_segment_id(body)
        given, name, key, digest = body.number("I"), body.take(16), body.take(32), body.take(32)
        head["segments"][segment] = {"written": written, "given": given, "name": name, "key": key, "hash": digest}
    body.done()
    return head


def read_tree(data):
    return [(data.number("B"), int.from_bytes(data.take(3), "big"), data.take(32)) for _ in range(data.number("I"))]


def open_segment(binding, segment, kind, file):
    assert hashlib.sha256(file).digest() == segment["hash"] and file[:16] == b"bailee segment 1"
    bound = bound_to(binding, "bailee/v1/segment", segment["written"], segment["name"])
    data = Bytes(open_box(segment["key"], bound, file[16:]))
    keys = {"key": data.take(32)} if kind in (3, 4) else {"index_key": data.take(32), "tree": read_tree(data)}
    data.done()
    return keys


def open_lasting(root, binding, file):
    data = Bytes(file)
    assert data.take(16) == b"bailee lasting 1"
    wrapped = data.prefixed()
    header, sealed = file[:data.at], file[data.at:]
    secret = unwrap(root, bound_to(binding, "bailee/v1/lasting-secret"), wrapped)
    data = Bytes(open_box(secret, bound_to(binding, "bailee/v1/lasting", header), sealed))
    lasting = {"series": {data.number("H"): data.take(64) for _ in range(data.number("H"))}}
    for name in ("tombstone", "ledger", "registers", "pending"):
        lasting[name] = data.take(32)
    data.done()
    return lasting


def open_keyring(root, read):
    """`read` gives a mirror's file by its name."""
    file = read("head")
    head = open_head(root, file)
    lasting = read("lasting")
    assert hashlib.sha256(lasting).digest() == head["lasting"]
    segments = {}
    for segment, about in head["segments"].items():
        segments[segment] = open_segment(head["binding"], about, segment[0], read("segments/" + about["name"].hex()))
    return head, segments, open_lasting(root, head["binding"], lasting)


def leaf(tree, slot):
    """The key of a slot, or None where it was punctured."""
    for depth, index, key in tree:
        if slot >> (24 - depth) == index:
            for level in range(depth, 24):
                key = expand(key, b"bailee/v1/tree/" + bytes([slot >> (23 - level) & 1]))
            return key
    return None


# --- envelope -------------------------------------------------------------------------------------------------------

def place_pieces(place):
    return (bytes.fromhex(place["home"]), place["environment"].encode(), place["what"].encode(),
            (place["seller"] or "").encode(), bytes.fromhex(place["record"]),
            struct.pack(">H", place["part"]), struct.pack(">I", place["version"]))


def part_key(key, place, salt):
    return derive(key, salt, context("bailee/v1/part-key", *place_pieces(place)))


def field_bound(place, instance, header):
    return context("bailee/v1/field", *place_pieces(place), struct.pack(">Q", instance), hashlib.sha256(header).digest())


def open_envelope(key, place, envelope):
    data = Bytes(envelope)
    assert data.number("B") == 1
    salt = data.take(16)
    directory = [(data.number("Q"), data.number("I")) for _ in range(data.number("H"))]
    header = envelope[:data.at]
    cipher = AESGCM(part_key(key, place, salt))
    fields = []
    for position, (instance, length) in enumerate(directory):
        padded = cipher.decrypt(position.to_bytes(12, "big"), data.take(length), field_bound(place, instance, header))
        text = padded.rstrip(b"\0")
        assert text[-1:] == b"\x80" and len(padded) % 16 == 0 and len(padded) - len(text) < 16
        fields.append((instance, text[:-1]))
    data.done()
    return fields


def seal_envelope(key, place, fields):
    salt = os.urandom(16)
    padded = [(instance, text + b"\x80" + bytes(-(len(text) + 1) % 16)) for instance, text in fields]
    header = b"\x01" + salt + struct.pack(">H", len(fields))
    header += b"".join(struct.pack(">QI", instance, len(text) + 16) for instance, text in padded)
    cipher = AESGCM(part_key(key, place, salt))
    return header + b"".join(
        cipher.encrypt(position.to_bytes(12, "big"), text, field_bound(place, instance, header))
        for position, (instance, text) in enumerate(padded))


# --- tokens and MACs ------------------------------------------------------------------------------------------------

def token_bound(binding, series):
    return [b"bailee/v1/token", binding["home"], binding["environment"], struct.pack(">H", series)]


def make_token(binding, series, key, record, instance):
    sealed = AESSIV(key).encrypt(record + struct.pack(">Q", instance), token_bound(binding, series))
    letter = {b"production": "p", b"test": "t"}[binding["environment"]]
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    return f"bt1{letter}-{binding['home'][:8].hex()}-{series:04x}-{text}"


def resolve_token(binding, all_series, token):
    start, series, sealed = token[:21], int(token[22:26], 16), base64.urlsafe_b64decode(token[27:] + "==")
    assert len(token) == 81 and token[21] == token[26] == "-"
    assert start == make_token(binding, series, all_series[series], bytes(16), 0)[:21]
    name = AESSIV(all_series[series]).decrypt(sealed, token_bound(binding, series))
    return name[:16], struct.unpack(">Q", name[16:])[0]


def term(index_key, kind, value):
    return struct.unpack(">q", mac(index_key, "bailee/v1/term", bytes([kind]), value.encode())[:8])[0]


def reference_mac(tombstone, seller, kind, reference):
    return mac(tombstone, "bailee/v1/reference", seller.encode(), bytes([kind]), reference.encode())


def register_key(registers, register):
    return expand(registers, context("bailee/v1/register", register.encode()))


# --- commands -------------------------------------------------------------------------------------------------------

def check_vectors(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    unhex = bytes.fromhex
    binding = {"home": unhex(vectors["binding"]["home"]), "environment": vectors["binding"]["environment"].encode()}
    root = root_key(vectors["root_key"]["file"])
    assert root.hex() == vectors["root_key"]["key"]
    one = vectors["root_key_under_a_passphrase"]
    assert [key.hex() for key in root_key_under(one["passphrase"], one["file"])] == [root.hex(), one["derived"]]
    wrap = vectors["wrap"]
    assert unwrap(root, unhex(wrap["context"]), unhex(wrap["wrapped"])).hex() == wrap["secret"]
    tree = vectors["tree"]
    for one in tree["leaves"]:
        assert leaf([(0, 0, unhex(tree["root"]))], one["slot"]).hex() == one["key"]
    data = Bytes(unhex(tree["punctured"]["nodes"]))
    left = read_tree(data)
    data.done()
    for one in tree["leaves"]:
        key = leaf(left, one["slot"])
        assert key is None if one["slot"] in tree["punctured"]["slots"] else key.hex() == one["key"]
    for one in vectors["envelopes"]:
        envelope, key = unhex(one["envelope"]), unhex(one["sealing_key"])
        assert part_key(key, one["place"], envelope[1:17]).hex() == one["part_key"]
        assert hashlib.sha256(envelope).hexdigest() == one["digest"]
        fields = [(field["instance"], unhex(field["text"])) for field in one["fields"]]
        assert open_envelope(key, one["place"], envelope) == fields
    one = vectors["detail"]
    key, text, commitment = unhex(one["detail_key"]), one["text"].encode(), unhex(one["commitment"])
    assert expand(key, bound_to(binding, "bailee/v1/detail-salt", text)).hex() == one["salt"]
    assert hashlib.sha256(context("bailee/v1/detail", unhex(one["salt"]), text)).digest() == commitment
    place = {"home": binding["home"].hex(), "environment": binding["environment"].decode(), "what": "detail", "seller": None,
             "record": commitment[:16].hex(), "part": 0, "version": 1}
    assert open_envelope(key, place, unhex(one["envelope"])) == [(0, text)]
    index = vectors["index"]
    for one in index["terms"]:
        assert term(unhex(index["key"]), one["kind"], one["value"]) == one["term"]
    assert mac(unhex(index["key"]), "bailee/v1/content", unhex(index["content"])).hex() == index["content_mac"]
    for one in vectors["tokens"]:
        record, key = unhex(one["record"]), unhex(one["key"])
        assert make_token(binding, one["series"], key, record, one["instance"]) == one["token"]
        assert resolve_token(binding, {one["series"]: key}, one["token"]) == (record, one["instance"])
    one = vectors["reference"]
    assert reference_mac(unhex(one["key"]), one["seller"], one["kind"], one["reference"]).hex() == one["mac"]
    one = vectors["register"]
    assert register_key(unhex(one["root"]), one["register"]).hex() == one["key"]
    files = vectors["keyring"]["files"]
    head, segments, lasting = open_keyring(root, lambda name: base64.b64decode(files[name]))
    assert head["revision"] == vectors["keyring"]["revision"] and head["epoch"] == vectors["keyring"]["epoch"]
    assert head["binding"] == binding
    for one in vectors["keyring"]["segments"]:
        segment = (one["kind"], one["seller"], one["number"])
        keys = segments.pop(segment)
        assert head["segments"][segment]["given"] == one["given"]
        if "key" in one:
            assert keys["key"].hex() == one["key"]
        else:
            assert keys["index_key"].hex() == one["index_key"]
            for at in one["leaves"]:
                key = leaf(keys["tree"], at["slot"])
                assert (key.hex() if key else None) == at["key"]
    assert not segments and lasting["ledger"].hex() == vectors["keyring"]["ledger_seed"]
    print(json.dumps({"checked": True}))


def answer_keyring(request):
    with open(request["root_key_file"], encoding="ascii") as file:
        root = root_key(file.read())

    def read(name):
        with open(os.path.join(request["mirror"], name), "rb") as file:
            return file.read()

    head, segments, lasting = open_keyring(root, read)
    bucket = segments[(1, request["place"]["seller"], request["day"])]
    key = leaf(bucket["tree"], request["slot"])
    fields = open_envelope(key, request["place"], bytes.fromhex(request["envelope"]))
    record, instance = resolve_token(head["binding"], lasting["series"], request["token"])
    series = max(lasting["series"])
    wrong = dict(request["place"], version=request["place"]["version"] + 1)
    try:
        open_envelope(key, wrong, bytes.fromhex(request["envelope"]))
        moved = "opened"
    except InvalidTag:
        moved = "refused"
    return {
        "revision": head["revision"],
        "fields": [[instance, text.hex()] for instance, text in fields],
        "moved": moved,
        "punctured": [slot for slot in range(16) if leaf(bucket["tree"], slot) is None],
        "record": record.hex(), "instance": instance,
        "term": term(bucket["index_key"], 1, request["email"]),
        "envelope": seal_envelope(key, request["place"], [(i, t[::-1]) for i, t in fields]).hex(),
        "token": make_token(head["binding"], series, lasting["series"][series], record, instance + 1),
        "ledger_seed": lasting["ledger"].hex(),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["vectors"]:
        check_vectors(sys.argv[2])
    elif sys.argv[1:] == ["keyring"]:
        print(json.dumps(answer_keyring(json.load(sys.stdin))))
    else:
        sys.exit(__doc__)
