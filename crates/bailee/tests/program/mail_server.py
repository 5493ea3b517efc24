"""A mail server for the tests: `mail_server.py MODE PORT CERTIFICATE KEY DIRECTORY`.

MODE is `implicit`, `starttls` or `plain` (which offers no TLS at all). It takes mail from `bailee` with the password
`Quiet-Mill-31-Lantern`, keeps each message as DIRECTORY/N.eml, and answers 451 while DIRECTORY/refuse exists. It says its
port on the first line, and ends with its standard input.
"""

import asyncio
import os
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, port, certificate, key, directory = sys.argv[1:]
kept = pathlib.Path(directory)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        if (kept / "refuse").exists():
            return "451 later"
        number = len(list(kept.glob("*.eml")))
        (kept / f"{number}.eml.part").write_bytes(envelope.original_content)
        (kept / f"{number}.eml.part").rename(kept / f"{number}.eml")
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    known = data.login == b"bailee" and data.password == b"Quiet-Mill-31-Lantern"
    return AuthResult(success=known, handled=False)


async def main():
    context = None
    if mode != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    starttls = mode == "starttls"
    protocol = lambda: SMTP(
        Handler(),
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=starttls,
        require_starttls=starttls,
        tls_context=context if starttls else None,
        hostname="localhost",
    )
    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", int(port), ssl=context if mode == "implicit" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    # At once: a connection that is still open is nobody's any more.
    os._exit(0)


asyncio.run(main())
