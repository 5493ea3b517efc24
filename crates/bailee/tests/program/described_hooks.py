"""What schemathesis has to be told of this home: a mirror is a directory of this machine, which must be one of the test's."""

import os
import zlib

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    name = case.operation.definition.raw.get("operationId")
    if name == "addMirror" and isinstance(case.body, dict):
        directory = case.body.get("directory")
        if isinstance(directory, str) and directory.startswith("/"):
            number = zlib.crc32(directory.encode("utf-8", "surrogatepass")) % 3
            case.body["directory"] = f"{os.environ['BAILEE_MIRRORS']}/{number}"


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """Documents line by line are text to whoever makes them up."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
