"""A value that each field of views takes: for the first of its operators."""

from tests.synthetic import sha1

EXAMPLES = {
    "folder": ["posters/1930", "été"],
    "path": "a.c (1",
    "cluster": {"encoder": "visual", "numbers": [3, -1]},
    "format": ["PNG"],
    "width": [100, None],
    "height": [None, 2000.5],
    "pixels": [1, 2],
    "size": [0, 10],
    "taken_at": ["1930-01-01", None],
    "region": {"encoder": "clip", "polygon": [[0, 0], [1.5, 0], [0, -2]]},
    "similar": {"encoder": "clip", "sha1s": [sha1("a")], "threshold": 0.7},
    "text": {"encoder": "clip", "text": "a red dress", "count": 10},
    "like": {"encoder": "clip", "query": '2*"a red dress" - image:ab12', "percentile": 99.5},
    "selection": [sha1("a"), sha1("b")],
    "duplicate": {"kinds": ["near"], "groups": ["near:1"]},
    "part": ["image:ab12", "crop:ab12@0.1,0.2,0.5,0.4"],
    "status": ["unreadable", "missing"],
    "name": "scan",
    "copies": [2, None],
    "frames": [None, 10],
    "added": ["2026-01-01", "2026-12-31"],
    "camera": "leica",
    "digitised_at": ["2018-01-01", None],
    "title": "map",
    "headline": "été",
    "caption": "a street",
    "keywords": "France|Paris",
    "creator": "Anna",
    "credit": "museum",
    "rights": "©",
    "location": "Tours",
    "colour": {"colour": "#c0392b", "distance": 10},
    "excluded": True,
    "author": {"authors": ["Anna"], "property": "k3x9"},
    "proposed": {"proposers": ["model"], "property": "k3x9"},
}


# Fields of properties: one of each type.
OF_PROPERTIES = {
    "p:text:k3x9": "a.c (1",
    "p:url:k3x9": "https",
    "p:path:k3x9": "a/b",
    "p:number:k3x9": [None, 3.5],
    "p:date:k3x9": ["1912-01-01", None],
    "p:checkbox:k3x9": False,
    "p:colour:k3x9": {"colour": "#c0392b", "distance": 10},
    "p:image:k3x9": [sha1("a")],
    "p:tag:k3x9": ["war00000"],
    "p:tags:k3x9": ["war00000", "sea00000"],
}

EXAMPLES |= OF_PROPERTIES
