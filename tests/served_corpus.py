"""A small corpus of real files, awkward ones among them, served on this machine."""

import hashlib
import io
import threading
import time
from contextlib import contextmanager

import numpy as np
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.api.routes import routes
from app.server.host_check import HostCheck
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project

__all__ = ["HTML", "SVG", "encoded", "make_corpus", "serve", "sha1_of"]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def encoded(picture, format, **options):
    data = io.BytesIO()
    picture.save(data, format, **options)
    return data.getvalue()


def _pictures():
    red = Image.new("RGB", (600, 400), (200, 30, 30))
    deep = Image.fromarray(np.full((20, 30), 40_000, dtype=np.uint16))
    return {
        "red.jpg": encoded(red, "JPEG"),
        "sub/copy of red.jpg": encoded(red, "JPEG"),
        "print.jpg": encoded(red.convert("CMYK"), "JPEG"),
        "scan.tif": encoded(red.resize((300, 200)), "TIFF"),
        "book.jp2": encoded(red.resize((64, 64)), "JPEG2000"),
        "moving.gif": encoded(red.resize((60, 40)), "GIF"),
        "deep.png": encoded(deep, "PNG"),
        "drawing.jpg": SVG,
        "page.png": HTML,
        "=cmd|calc.jpg": b"",
    }


def make_corpus(root):
    """Return a project, its source, and the bytes of each file by its name."""
    folder = root / "Fünf Bilder"
    contents = _pictures()
    for name, data in contents.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (root / "secret.txt").write_text("secret")
    project = create_project(root / "project", "test")
    source = sources.add(project, folder)
    images.ingest(project, source, "run")
    return project, source, contents


@contextmanager
def serve(project):
    """Serve the routes of a project; yield the port."""
    app = Starlette(routes=routes(project), middleware=[Middleware(HostCheck)])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join()


def sha1_of(data):
    return hashlib.sha1(data).hexdigest()
