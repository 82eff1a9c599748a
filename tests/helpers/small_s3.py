"""An S3-compatible server, as small as it can be: one bucket, whole objects, ranges, lists."""

import re
from contextlib import asynccontextmanager
from xml.sax.saxutils import escape, unescape

from aiohttp import web

DATE = "2026-01-01T00:00:00Z"
HTTP_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


class SmallS3:
    """The objects of a bucket, by key; it asks for a signature and does not check it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.is_broken = False

    async def handle(self, request: web.Request) -> web.Response:
        if self.is_broken:
            return web.Response(status=500)
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256"):
            return web.Response(status=403)
        key = request.path.removeprefix("/bucket").lstrip("/")
        if request.method == "PUT":
            self.objects[key] = await request.read()
            return web.Response(headers={"ETag": '"1"'})
        if request.method == "POST":
            return self._delete(await request.text())
        if not key:
            return self._list(request.query.get("prefix", ""))
        return self._get(request, key)

    def _get(self, request: web.Request, key: str) -> web.Response:
        headers = {"ETag": '"1"', "Last-Modified": HTTP_DATE}
        if key not in self.objects:
            return web.Response(status=404)
        data = self.objects[key]
        if "Range" not in request.headers:
            return web.Response(body=data, headers=headers)
        start, stop, _ = request.http_range.indices(len(data))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        return web.Response(status=206, body=data[start:stop], headers=headers)

    def _delete(self, wanted: str) -> web.Response:
        keys = [unescape(key) for key in re.findall("<Key>(.*?)</Key>", wanted)]
        for key in keys:
            self.objects.pop(key, None)  # one that is not there is deleted, says S3
        done = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        return web.Response(
            text=f"<DeleteResult>{done}</DeleteResult>", content_type="application/xml"
        )

    def _list(self, prefix: str) -> web.Response:
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{DATE}</LastModified>"
            f"<ETag>&quot;1&quot;</ETag><Size>{len(data)}</Size></Contents>"
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
        return web.Response(text=body, content_type="application/xml")


@asynccontextmanager
async def running_s3(monkeypatch):
    """Run it, and tell programs by the environment where it is."""
    bucket = SmallS3()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", bucket.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        for name, value in (
            ("AWS_ENDPOINT_URL", url),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "etude"),
            ("AWS_SECRET_ACCESS_KEY", "not a secret"),
            ("AWS_REGION", "eu-central-1"),
        ):
            monkeypatch.setenv(name, value)
        yield bucket
    finally:
        await runner.cleanup()
