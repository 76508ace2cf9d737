"""Waits for the servers that tests/clouds started, and makes what each test finds there: a bucket `sessions`, and in it
an object of no archive. Arguments: the ports of moto, of the moto that looks at who asks, and of Azurite."""

import base64
import email.utils
import hashlib
import hmac
import sys
import time
import urllib.error
import urllib.request

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# Not through a proxy of the environment.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def put(url, body=b"", headers={}):
    """Puts, as soon as the server answers."""
    request = urllib.request.Request(url, data=body, method="PUT", headers=headers)
    for attempt in range(300):
        try:
            return opener.open(request).read()
        except urllib.error.HTTPError as error:
            sys.exit(f"{url}: {error.code} {error.read().decode()}")
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url}: nothing answers")


def put_azure(port, path, query="", body=b"", more={}):
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-08-06", **more}
    length = str(len(body)) if body else ""
    named = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    asked = f"\n{query.replace('=', ':')}" if query else ""
    kind = "application/octet-stream"
    text = f"PUT\n\n\n{length}\n\n{kind}\n\n\n\n\n\n\n{named}/{ACCOUNT}/{ACCOUNT}/{path}{asked}"
    signed = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signed).decode()}"
    headers["Content-Type"] = kind
    put(f"http://127.0.0.1:{port}/{ACCOUNT}/{path}" + (f"?{query}" if query else ""), body, headers)


s3, strict, azure = sys.argv[1:]
put(f"http://127.0.0.1:{s3}/sessions")
put(f"http://127.0.0.1:{s3}/sessions/foreign/notes.txt", b"mine")
put(f"http://127.0.0.1:{strict}/sessions")
put_azure(azure, "sessions", "restype=container")
put_azure(azure, "sessions/foreign/notes.txt", body=b"mine", more={"x-ms-blob-type": "BlockBlob"})
