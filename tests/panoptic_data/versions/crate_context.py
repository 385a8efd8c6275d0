"""RO-Crate's context, as far as a crate of ours uses it: the real one can only be downloaded.

All its terms are those of schema.org, but for those that are named here.
"""

import io
import json
from email.message import Message
from urllib.response import addinfourl

ADDRESS = "https://w3id.org/ro/crate/1.2/context"
_OTHERS = {
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "File": "http://schema.org/MediaObject",
    "Profile": "http://www.w3.org/ns/dx/prof/Profile",
}


def context_of(crate):
    """Return the context that a crate's terms need."""
    terms = {key for entity in crate["@graph"] for key in entity if not key.startswith("@")}
    for entity in crate["@graph"]:
        types = entity["@type"]
        terms |= set(types) if isinstance(types, list) else {types}
    known = {term: _OTHERS.get(term, f"http://schema.org/{term}") for term in sorted(terms)}
    return {"@context": known}


class Answer:
    """What the validator's requests get."""

    status_code = 200

    def __init__(self, content):
        self.headers = {"Content-Type": "application/ld+json"}
        self.content = json.dumps(content).encode()
        self.text = self.content.decode()

    def json(self):
        return json.loads(self.content)

    def close(self):
        pass


def serve(monkeypatch, crate):
    """Answer requests for the context without a network; refuse all others."""
    from rdflib import parser
    from rocrate_validator.utils import http

    content = context_of(crate)

    def opened(request):
        assert request.full_url == ADDRESS, request.full_url
        headers = Message()
        headers["Content-Type"] = "application/ld+json"
        return addinfourl(io.BytesIO(json.dumps(content).encode()), headers, ADDRESS, 200)

    def get(_, address, **kwargs):
        assert address == ADDRESS, address
        return Answer(content)

    monkeypatch.setattr(parser, "_urlopen", opened)
    monkeypatch.setattr(http.HttpRequester, "get", get, raising=False)
