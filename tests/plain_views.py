"""A small corpus of odd images, and a plain reading of what a view shows of it.

Loops over dicts, written from what ``views.fields``, ``views.model`` and ``catalogue.groups``
document, calling none of the code that they describe. Not here: the views that are run (the tests).
"""

import colorsys
import json
import math
import re
from datetime import UTC, date, datetime
from fractions import Fraction
from random import Random

from panoptic_data.annotations import log
from panoptic_data.annotations.log import Change
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.text import folded, natural_key, without_accents
from tests import synthetic
from tests.synthetic import sha1

# What pictures say of themselves.
WRITTEN = ("taken_at", "digitised_at", "camera", KEYWORDS, *TEXTS)

STATUSES = ("ok", "unreadable", "missing")
KINDS = ("near", "exact")
HUES = (
    "black", "grey", "white", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink",
)  # fmt: skip
DATES = (
    datetime(1, 1, 1),
    datetime(1, 12, 31, 23, 59, 59, 999999),
    datetime(1899, 12, 31, 23, 59, 59),
    datetime(1900, 1, 1),
    datetime(1930, 4, 30, 23, 59, 59, 999999),
    datetime(1930, 5, 1),
    datetime(1969, 12, 31, 23, 59, 59),
    datetime(1970, 1, 1),
    datetime(2000, 2, 29, 12),
    datetime(2020, 12, 31, 1),
    datetime(2021, 1, 3, 23, 59),
    datetime(2021, 1, 4),
    datetime(9999, 12, 31, 23, 59, 59, 999999),
)
CAMERAS = ("Leica M6", "LEICA m6", "Café é", "Cafe\u0301 É", "a.c (1", "Nikon", "nikon D90")
COLOURS = (
    "#000000", "#ffffff", "#808080", "#7f8081", "#ff0000", "#e0a030", "#fff200", "#00a040",
    "#00c0d0", "#1030c0", "#8020a0", "#ff80b0", "#102010", "#d94f2b",
)  # fmt: skip
FOLDERS = (
    "posters",
    "posters/1930",
    "posters/1930/détail",
    "posters/1930/de\u0301tail",
    "Posters/1930",
    "post/1930/a/b",
    "postcards/été",
    "a+b (c)/[x]",
)
NAMES = (
    "B red.jpg",
    "a_blue.PNG",
    "E\u0301te\u0301 (1.c.jpg",
    "été.jpg",
    "İstanbul 1930.tif",
    "ΑΣΤΡΟ.jpg",
    "J\u030c.jpg",
    "two\nlines.jpg",
    "red.jpg",
)
# Properties that people defined: what they belong to by their field; tags in their order.
PROPERTIES = {
    "p:number:year": "image",
    "p:text:note": "image",
    "p:tags:theme": "image",
    "p:tag:sort": "image",
    "p:checkbox:seen": "image",
    "p:date:made": "image",
    "p:colour:ink": "image",
    "p:text:label": "file",
}
TAGS = {"theme": ("war", "sea", "calm"), "sort": ("poster", "flyer")}
BELOW = {"war": ("sea", "calm"), "sea": ("calm",)}
WORDS = ("Été", "été", "war and sea", "a.c (1", "x")
MADE = ("1912", "1930-05", "1930-05-01", "1969-12-31T23:59:59", "2020-02-29")
AUTHORS = ("Anna", "Émile", "zoé")
SIZES = (-30, -1, 0, 1, 9, 10, 19, 20, 1000, 99_999)
SIDES = (1, 48, 99, 100, 101, 250, 6000)


def fold(text):
    """Spell a text so that its other cases and its other spellings are equal."""
    return folded(text)


class ReferenceCorpus:
    """The corpus as lists of dicts: ``images`` and ``files`` that count, in order of path."""

    def __init__(self, seed=7, count=34):
        draw = Random(seed)
        self.rows = [self._image(draw, f"i{number}") for number in range(count)]
        self.rows += [synthetic.image("b orphan"), synthetic.image("a orphan", colour=None)]
        self.written = self._files(draw, [f"i{number}" for number in range(count)])
        names = [f"i{number}" for number in range(count)]
        self.clusters = {sha1(item): draw.randrange(-1, 4) for item in names[: count - 5]}
        self.spots = {
            sha1(item): (draw.randrange(-4, 5), draw.randrange(-4, 5)) for item in names[5:]
        }
        self.duplicates = {}
        for kind in KINDS:
            chosen = draw.sample(names, 10)
            for place, item in enumerate(chosen):
                self.duplicates.setdefault(sha1(item), {})[kind] = f"{kind}:{place // 3}"
        everyone = [*(sha1(item) for item in names), sha1("a orphan")]
        self.excluded = set(draw.sample(everyone, 5))
        self.values = {}
        for field, target in PROPERTIES.items():
            targets = [item["file_id"] for item in self.written] if target == "file" else everyone
            for item in draw.sample(targets, len(targets) * 2 // 3):
                annotation = (_drawn(draw, field), draw.choice(AUTHORS))
                self.values.setdefault(item, {})[field] = annotation
        self._count()

    def write(self, root):
        project = synthetic.project(root)
        synthetic.write(project, "images", self.rows)
        synthetic.write(project, "files", self.written)
        clusters = [{"sha1": sha1, "cluster": number} for sha1, number in self.clusters.items()]
        synthetic.write(project, "clusters__visual", clusters)
        spots = [{"sha1": sha1, "x": x, "y": y} for sha1, (x, y) in self.spots.items()]
        synthetic.write(project, "projection__visual", spots)
        members = [
            {"member": f"{group}:{sha1}", "group": group, "kind": kind, "sha1": sha1}
            for sha1, groups in self.duplicates.items()
            for kind, group in groups.items()
        ]
        synthetic.write(project, "duplicates", members)
        self._annotate(project)
        return project

    def _annotate(self, project):
        for field, target in PROPERTIES.items():
            _, type, id = field.split(":")
            parts = {"name": id, "type": type, "target": target}
            changes = [Change("property", id, *_set(part, text)) for part, text in parts.items()]
            for order, tag in enumerate(TAGS.get(id, ())):
                parts = {"name": tag, "property": id, "place": order}
                changes += [Change("tag", tag, *_set(part, text)) for part, text in parts.items()]
                changes += [
                    Change("tag", tag, "parents", "add", parent)
                    for parent in TAGS[id]
                    if tag in BELOW.get(parent, ())
                ]
            log.append(project, log.new_batch(changes, "property", author="maker"))
        for author in AUTHORS:
            changes = [
                Change(
                    PROPERTIES[field], target_id, field.split(":")[2], "set", _text(field, value)
                )
                for target_id, fields in self.values.items()
                for field, (value, by) in fields.items()
                if by == author
            ]
            log.append(project, log.new_batch(changes, "set", author=author))
        gone = [
            Change("image", target_id, "excluded", "set", "true") for target_id in self.excluded
        ]
        log.append(project, log.new_batch(gone, "exclude", author="maker"))

    def _image(self, draw, name):
        taken = draw.choice((None, *DATES))
        camera = draw.choice((None, None, *CAMERAS))
        return synthetic.image(
            name,
            format=draw.choice(("JPEG", "JPEG", "PNG", "WEBP", None)),
            width=draw.choice(SIDES),
            height=draw.choice(SIDES),
            frames=draw.choice((None, 1, 1, 12)),
            taken_at=taken,
            camera=camera,
            colour=draw.choice((None, *COLOURS)),
        )

    def _files(self, draw, names):
        written = []
        contents = [*names, "damaged 1", "damaged 2", "never read", None]
        sizes = {name: draw.choice(SIZES) for name in contents}
        for name in contents:
            for _ in range(draw.choice((1, 1, 1, 2, 3))):
                path = f"{draw.choice(FOLDERS)}/{draw.randrange(100):02}{draw.choice(NAMES)}"
                written.append(self._file(draw, path, name, sizes))
        # The same place but for its case, and files right under a source.
        for number, path in enumerate(("Posters/1930/same.jpg", "posters/1930/Same.jpg")):
            written.append(synthetic.file(path, f"i{number}", size=sizes[f"i{number}"]))
        written.append(self._file(draw, "a+b (c)/top.jpg", "i2", sizes))
        return list({name["file_id"]: name for name in written}.values())

    def _file(self, draw, path, name, sizes):
        damaged = name is None or name.startswith("damaged")
        status = "unreadable" if damaged else draw.choice(("ok", "ok", "ok", *STATUSES))
        status = "missing" if name == "never read" else status
        seen = draw.choice((datetime(2025, 12, 31, 23, 59, 59), datetime(2026, 1, 1)))
        return synthetic.file(
            path, name, status=status, size=sizes[name], first_seen=seen.replace(tzinfo=UTC)
        )

    def _count(self):
        rows = {row["sha1"]: row for row in self.rows}
        files_of = {unit: [] for unit in rows}
        for file in self.written:
            if file["sha1"] in rows or (file["status"] == "unreadable" and file["sha1"]):
                files_of.setdefault(file["sha1"], []).append(self._located(file))
        self.images, self.files = [], []
        for unit, files in files_of.items():
            image = self._described(unit, rows.get(unit, {}), files)
            self.images.append(image)
            self.files += [self._as_unit(image, file) for file in image["files"]]
        self.images.sort(key=lambda unit: (not unit["files"], _path_key(unit), unit["sha1"]))
        self.files.sort(key=_path_key)

    def _as_unit(self, image, file):
        """Return a file as a unit of its own: its image's values, and those of this file."""
        own = self.values.get(file["file_id"], {})
        values = {
            field: own.get(field, (None, None))[0]
            for field, target in PROPERTIES.items()
            if target == "file"
        }
        return {**image, **values, "files": [file], "first": file}

    def _located(self, file):
        path = f"{file['source']}/{file['path']}"
        own = self.values.get(file["file_id"], {})
        values = {field: value for field, (value, _) in own.items()}
        return {
            **file,
            "values": values,
            "place": path,
            "text": fold(path),
            "holder": path.rpartition("/")[0],
        }

    def _described(self, sha1, row, files):
        status = min((file["status"] for file in files), key=STATUSES.index, default="missing")
        counting = sorted(
            (file for file in files if file["status"] == status),
            key=lambda file: (natural_key(file["text"])[0], file["place"]),
        )
        values = {
            name: row.get(name)
            for name in ("format", "width", "height", "frames", "colour", *WRITTEN)
        }
        has_size = None not in (values["width"], values["height"])
        seen = min((file["first_seen"] for file in counting), default=None)
        return {
            "sha1": sha1,
            **values,
            "pixels": values["width"] * values["height"] if has_size else None,
            "status": status,
            "files": counting,
            "first": counting[0] if counting else None,
            "copies": len(counting),
            "size": counting[0]["size"] if counting else None,
            "added": seen and seen.replace(tzinfo=None),
            "cluster": self.clusters.get(sha1, -2),
            "spot": self.spots.get(sha1),
            "duplicate": self.duplicates.get(sha1, {}),
            "excluded": sha1 in self.excluded,
            **self._values_of(sha1, counting),
        }

    def _values_of(self, sha1, files):
        """Return the values of an image, those of its first file, and who set them."""
        of_image = self.values.get(sha1, {})
        of_first = self.values.get(files[0]["file_id"], {}) if files else {}
        values = {
            field: (of_first if target == "file" else of_image).get(field, (None, None))[0]
            for field, target in PROPERTIES.items()
        }
        annotated = [of_image, *(self.values.get(file["file_id"], {}) for file in files)]
        by = {(field, author) for fields in annotated for field, (_, author) in fields.items()}
        return {**values, "by": by}

    def shown(self, view):
        """Return the units of a view in its order, and its groups."""
        units = self.files if view.mode == "file" else self.images
        selected = [unit for unit in units if all(selects(unit, part) for part in view.where)]
        if "status" not in _fields_of(view.where):
            selected = [unit for unit in selected if unit["status"] == "ok"]
        if "excluded" not in _fields_of(view.where):
            selected = [unit for unit in selected if not unit["excluded"]]
        for sort in reversed(view.sort):
            selected = _sorted(selected, sort)
        return self._grouped(selected, view.group) if view.group else (selected, [])

    def _grouped(self, units, levels, start=0, parent=-1, groups=None, depth=0):
        groups = [] if groups is None else groups
        if not levels:
            return units, groups
        level, *rest = levels
        members = {}
        for unit in units:
            value = self.value(unit, level)
            # One of several tags, or authors: in the group of each.
            several = value if isinstance(value, tuple) else [_hashable(value)]
            for key_of_unit in several:
                members.setdefault(key_of_unit, []).append(unit)
        ordered = []
        sizes = {key: self._rows_of(of_key, rest) for key, of_key in members.items()}
        for key in _ordered_keys(sizes, level):
            of_key, index = members[key], len(groups)
            value = list(key) if isinstance(key, tuple) else key
            groups.append((depth, start + len(ordered), sizes[key], parent, value))
            inner, _ = self._grouped(of_key, rest, start + len(ordered), index, groups, depth + 1)
            ordered += inner
        return ordered, groups

    def _rows_of(self, units, levels):
        """Return how many rows a group has: an image comes once for each of its tags."""
        times = [
            len(value) if isinstance(value := self.value(unit, level), tuple) else 1
            for level in levels
            for unit in units
        ]
        per_level = [
            times[start : start + len(units)] for start in range(0, len(times), len(units))
        ]
        return sum(math.prod(of_unit) for of_unit in zip(*per_level, strict=True)) or len(units)

    def value(self, unit, level):  # noqa: C901 - one line a field
        """Return what a unit's group is called at a level; [from, to) of a number."""
        field, by = level.field, level.by
        if field == "folder":
            parts = unit["first"]["holder"].split("/") if unit["first"] else None
            return parts and "/".join(parts[:by])
        if field == "author":
            names = {name for field, name in unit["by"] if by in (None, field.split(":")[2])}
            return tuple(sorted(names)) or None
        if field == "proposed":
            # All values of this corpus were set by hand.
            has_any = any(by in (None, field.split(":")[2]) for field, _ in unit["by"])
            return ("person",) if has_any else None
        if field == "p:tags:theme":
            tags = {above for tag in unit[field] or () for above in (tag, *_tags_above(tag))}
            return tuple(sorted(tags, key=TAGS["theme"].index)) or None
        if field == "p:checkbox:seen":
            return unit[field] if unit[field] is None else ("true" if unit[field] else "false")
        if field in ("taken_at", "digitised_at", "added", "p:date:made"):
            return unit[field] and period(unit[field].date(), by)
        if field == "camera":
            same_cameras = [
                other["camera"]
                for other in self.images
                if other["camera"] and fold(other["camera"]) == fold(unit["camera"] or "")
            ]
            return min(same_cameras, default=None)
        if field == "colour":
            return unit["colour"] and hue(unit["colour"])
        if field == "cluster":
            return unit["cluster"] if unit["cluster"] >= 0 else None
        if field == "duplicate":
            return unit["duplicate"].get(by)
        if field in ("width", "height", "pixels", "size", "copies", "p:number:year"):
            return self._bin(unit[field], field, by)
        return unit[field]

    def _bin(self, value, field, width):
        if value is None:
            return None
        numbers = [image[field] for image in self.images if image[field] is not None]
        spread = max(numbers) - min(numbers)
        if width is None and spread < 20 and all(number == int(number) for number in numbers):
            return value
        if width is None:
            rounds = (step * 10.0**power for power in range(-3, 12) for step in (1, 2, 5))
            width = next(image for image in rounds if image * 20 >= spread)
        number = math.floor(value / width)
        while number * width > value:
            number -= 1
        while (number + 1) * width <= value:
            number += 1
        return [number * width, (number + 1) * width]


def _hashable(value):
    return tuple(value) if isinstance(value, list) else value


def _ordered_keys(sizes, level):
    """Order groups by value, or by size and then by value; None last."""
    by_value = {
        "colour": HUES.index,
        "camera": natural_key,
        "p:tags:theme": TAGS["theme"].index,
        "p:tag:sort": TAGS["sort"].index,
    }.get(level.field, _natural)
    keys = sorted((key for key in sizes if key is not None), key=by_value)
    if level.order == "size":
        keys.sort(key=lambda key: sizes[key] * (-1 if level.descending else 1))
    elif level.descending:
        keys.reverse()
    return [*keys, *([None] if None in sizes else [])]


def _natural(key):
    """Order names as people do, other values as they are."""
    return natural_key(key) if isinstance(key, str) else key


def _path_key(unit):
    if not unit["first"]:
        return ("", "")
    return (natural_key(unit["first"]["text"])[0], unit["first"]["place"])


def _fields_of(parts):
    fields = set()
    for part in parts:
        fields |= {part.field} if hasattr(part, "field") else _fields_of(part.parts)
    return fields


def _sorted(units, sort):
    """Sort stably; what has no value stays last."""
    with_value = [unit for unit in units if _sort_value(unit, sort.field) is not None]
    without_value = [unit for unit in units if _sort_value(unit, sort.field) is None]
    with_value.sort(key=lambda unit: _sort_value(unit, sort.field), reverse=sort.descending)
    return with_value + without_value


def _sort_value(unit, field):
    if field == "path":
        return _path_key(unit) if unit["first"] else None
    if field == "name":
        return unit["first"] and natural_key(unit["first"]["text"].rpartition("/")[2])[0]
    if field in ("camera", *TEXTS):
        return unit[field] and natural_key(unit[field])[0]
    if field == "colour":
        return unit["colour"] and rainbow(unit["colour"])
    if field.startswith("p:tag"):
        order = TAGS[field.split(":")[2]].index
        tags = unit[field] if isinstance(unit[field], tuple) else unit[field] and (unit[field],)
        return tags and min(map(order, tags))
    if field.startswith("p:") and isinstance(unit[field], str):
        return natural_key(unit[field])[0]
    return unit[field]


def _drawn(draw, field):
    """Return a value of a property: as people mean it, tags by their ids."""
    kind, id = field.split(":")[1:]
    if kind == "number":
        return draw.choice((1899, 1912, 1912.5, 1930, 2001))
    if kind == "tags":
        return tuple(draw.sample(TAGS[id], draw.choice((1, 1, 2))))
    if kind == "tag":
        return draw.choice(TAGS[id])
    if kind == "checkbox":
        return draw.choice((True, False))
    if kind == "date":
        return _first_moment(draw.choice(MADE))
    return draw.choice(COLOURS if kind == "colour" else WORDS)


def _first_moment(text):
    return datetime.fromisoformat(text + "1912-01-01T00:00:00"[len(text) :])


def _text(field, value):
    """Return the canonical text of a value."""
    if field == "p:tags:theme":
        return json.dumps(value)
    if field == "p:checkbox:seen":
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _set(part, value):
    return (part, "set", json.dumps(value))


def selects(unit, part):
    """Return whether a condition, or conditions taken together, select a unit."""
    if not hasattr(part, "field"):
        results = [selects(unit, inner) for inner in part.parts]
        return {"all": all(results), "any": any(results), "not": not results[0]}[part.kind]
    positive = {
        "!=": "=",
        "not in": "in",
        "does not contain": "contains",
        "is not empty": "is empty",
    }
    if part.op in positive:
        return not _matches(unit, part.field, positive[part.op], part.value)
    return _matches(unit, part.field, part.op, part.value)


def _matches(unit, field, op, value):  # noqa: C901 - one line a field
    if field == "folder":
        return any(
            _is_in_folder(file["holder"], folder) for file in unit["files"] for folder in value
        )
    if field == "path":
        return any(_matches_text(file["text"], op, value) for file in unit["files"])
    if field == "name":
        return any(
            _matches_text(file["text"].rpartition("/")[2], op, value) for file in unit["files"]
        )
    if field == "cluster":
        return unit["cluster"] in value["numbers"]
    if field == "region":
        return unit["spot"] is not None and crossings(*unit["spot"], value["polygon"])
    if field == "selection":
        return unit["sha1"] in value
    if field == "duplicate":
        return any(
            kind in value.get("kinds", [kind]) and group in value.get("groups", [group])
            for kind, group in unit["duplicate"].items()
        )
    if field == "excluded":
        return unit["excluded"] == value
    if field == "author":
        authors = [name for field, name in unit["by"] if _is_of_property(field, value)]
        return not unit["by"] if op == "is empty" else any(it in value["authors"] for it in authors)
    if field == "proposed":
        if op == "is empty":
            return not unit["by"]
        has_any = any(_is_of_property(field, value) for field, _ in unit["by"])
        return has_any and "person" in value["proposers"]
    if PROPERTIES.get(field) == "file":
        values = [file["values"][field] for file in unit["files"] if field in file["values"]]
        if op == "is empty":
            return not values
        return any(_compare(known, field, op, value) for known in values)
    if op == "is empty":
        return unit[field] is None
    return unit[field] is not None and _compare(unit[field], field, op, value)


def _tags_above(tag):
    return [above for above, below in BELOW.items() if tag in below]


def _is_of_property(field, value):
    return (value or {}).get("property") in (None, field.split(":")[2])


def _compare(own, field, op, value):
    if field.startswith("p:tag"):
        own_tags = {own} if isinstance(own, str) else set(own)
        has_tag = [bool(own_tags & {tag, *BELOW.get(tag, ())}) for tag in value]
        return all(has_tag) if op == "all of" else any(has_tag)
    if field == "p:checkbox:seen":
        return own is value
    if field == "camera" or field.startswith("p:text:"):
        return _matches_text(fold(own), op, value)
    if field in ("colour", "p:colour:ink"):
        if op == "is":
            return hue(own) == value
        # Single precision, so that a colour is near itself.
        return math.dist(lab(own), lab(value["colour"])) <= value.get("distance", 25) + 1e-3
    if op == "in":
        return own in value
    if isinstance(own, datetime):
        own = own.date()
        value = [
            tag and date.fromisoformat(tag) for tag in ([value, None] if op != "between" else value)
        ]
        value = value if op == "between" else value[0]
    if op == "between":
        low, high = value
        return (low is None or own >= low) and (high is None or own <= high)
    return {
        "=": own == value,
        "<": own < value,
        "<=": own <= value,
        ">": own > value,
        ">=": own >= value,
    }[op]


def _is_in_folder(folder, path):
    """Whether a folder is at a path or below it; "x/." is x without what is below."""
    if path.endswith("/."):
        return folder == path[:-2]
    path = path.rstrip("/")
    return folder == path or folder.startswith(path + "/")


def _matches_text(text, op, value):
    if op == "matches":
        return re.search(without_accents(value), text, re.IGNORECASE) is not None
    wanted = fold(value)
    if op == "contains":
        return wanted in text
    return text.startswith(wanted) if op == "begins with" else text == wanted


def period(day, by):
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if by == "day":
        return f"{day.year:04}-{day.month:02}-{day.day:02}"
    if by == "month":
        return f"{day.year:04}-{day.month:02}"
    years = {"century": 100, "decade": 10, "year": 1}[by]
    return f"{day.year - day.year % years:04}"


def crossings(x, y, polygon):
    """Even-odd rule as a textbook says it, in exact fractions."""
    odd = False
    for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + Fraction((y - y1) * (x2 - x1), y2 - y1):
            odd = not odd
    return odd


def channels(colour):
    return [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def lab(colour):
    """CIELAB under D65, by the book."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels(colour)
    )
    spread = (
        (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047,
        0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
        (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883,
    )
    x, y, z = (
        channel ** (1 / 3) if channel > 216 / 24389 else channel * 841 / 108 + 4 / 29
        for channel in spread
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def hue(colour):
    """Name a colour: dark and pale greys by lightness, the others by their angle in CIELAB."""
    lightness, a, b = lab(colour)
    if lightness < 10:
        return "black"
    if math.hypot(a, b) < 10:
        return "black" if lightness < 20 else "white" if lightness > 90 else "grey"
    angle = math.degrees(math.atan2(b, a)) % 360
    ends = {
        "pink": 20, "red": 55, "orange": 85, "yellow": 115, "green": 175, "cyan": 225,
        "blue": 310, "purple": 340,
    }  # fmt: skip
    return next((name for name, end in ends.items() if angle < end), "pink")


def rainbow(colour):
    """Greys by lightness, then hues by whole degrees and lightness."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*channels(colour))
    if saturation < 0.12 or not 0.06 < lightness < 0.96:
        return (-1, int(lightness * 1000))
    return (int(hue * 360), int(lightness * 999))
