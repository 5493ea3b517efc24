"""What schemathesis has to be told of this home.

Nothing is left out. Two operations would saw off the branch: logging out ends the session that everything else is asked
with, and a mirror is a directory of this machine, which must be one of the test's.
"""

import os
import zlib
from urllib.parse import urljoin

import requests
import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    name = case.operation.definition.raw.get("operationId")
    headers = case.headers if case.headers is not None else {}
    # Only where it is that session: what is tried without one, or with nonsense, stays as it is.
    if name == "logOut" and headers.get("Authorization") == os.environ["BAILEE_BEARER"]:
        answer = requests.post(
            urljoin(case.operation.base_url, "/v1/sessions"),
            json={"mail": os.environ["BAILEE_MAIL"], "password": os.environ["BAILEE_PASSWORD"]},
            verify=os.environ["BAILEE_CA"],
            timeout=30,
        )
        headers["Authorization"] = "Bearer " + answer.json()["token"]
    if name == "addMirror" and isinstance(case.body, dict):
        directory = case.body.get("directory")
        if isinstance(directory, str) and directory.startswith("/"):
            number = zlib.crc32(directory.encode("utf-8", "surrogatepass")) % 3
            case.body["directory"] = f"{os.environ['BAILEE_MIRRORS']}/{number}"


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """Documents line by line are text to whoever makes them up."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
