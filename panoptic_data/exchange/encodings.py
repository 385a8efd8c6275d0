"""In which encoding the bytes of a text file are, and the text that they are in it.

A mark at the beginning or valid UTF-8 decides. Else charset-normalizer names the encodings in which
the bytes are a text at all, and its words decide: letters of one language, none of them a capital
inside a word. Where two readings are nearly as likely the guess is not certain, and a person is to
choose. Not here: rows and cells (``readers``).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from panoptic_data.errors import InvalidImport

__all__ = ["CHOICES", "Decoded", "checked_name", "decode", "first_accented"]

CHOICES = (
    "utf-8",
    "cp1252",
    "iso8859-15",
    "mac_roman",
    "cp850",
    "cp1250",
    "iso8859-2",
    "mac_latin2",
    "cp1251",
    "koi8-r",
    "mac_cyrillic",
    "cp1253",
    "mac_greek",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
    "utf-16",
)
"""The encodings that a person can choose on the page, by Python's names; others can be typed."""

# A letter beyond ASCII counts for the encodings whose languages have it, alone or with others.
_ALPHABETS: Mapping[str, Sequence[str]] = {
    "latin": (
        "àâæçéèêëîïôœùûüÿ",
        "äöüßé",
        "áéíóúüñ",
        "ãáâàçéêíóôõúü",
        "àèéìíòóù",
        "åäöæøéü",
        "áðéíóúýþæö",
    ),
    "central": (
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž",
        "áäčďéíĺľňóôŕšťúýž",
        "áéíóöőúüű",
        "ăâîșțşţ",
        "čćđšž",
    ),
    "turkish": ("çğıöşüâîİ\u0307",),
    "cyrillic": (
        "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "абвгдђежзијклљмнњопрстћуфхцчџш",
    ),
    "greek": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",),
    "hebrew": ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",),
    "arabic": ("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ",),
}
# How likely an encoding is before a byte is looked at, against those of the same letters.
_LIKELY: Mapping[str, tuple[str, float]] = {
    "cp1252": ("latin", 0.0),
    "iso8859-15": ("latin", -0.01),
    "mac_roman": ("latin", -0.02),
    "cp850": ("latin", -0.06),
    "cp1250": ("central", -0.02),
    "iso8859-2": ("central", -0.03),
    "mac_latin2": ("central", -0.06),
    "cp1251": ("cyrillic", 0.0),
    "koi8-r": ("cyrillic", -0.01),
    "mac_cyrillic": ("cyrillic", -0.02),
    "cp1253": ("greek", 0.0),
    "mac_greek": ("greek", -0.06),
    "cp1254": ("turkish", -0.02),
    "cp1255": ("hebrew", -0.01),
    "cp1256": ("arabic", -0.01),
    "cp932": ("east", 0.0),
    "euc_jp": ("east", -0.01),
    "gb18030": ("east", -0.02),
    "big5": ("east", -0.03),
    "euc_kr": ("east", -0.02),
}
_WITH_ASCII = ("latin", "central", "turkish")
_PUNCTUATION = frozenset(
    "«»“”„‘’‚‹›–—…·•°§€£©®™ªº¿¡\xa0\u202f№、。「」・（），：；！？ー々×±½¼¾²³µ"
)
# Bytes that words are looked for in, and how many of the words with other letters than ASCII's.
_SAMPLE = 2_000_000
_WORDS = 400
# The best reading is as good as this, and as much better than the second.
_LEAST, _MARGIN = 0.75, 0.08
_QUOTES = frozenset("«»“”„‘’‚‹›–—…\xa0\u202f、。「」・（），：；！？")
_WORD = re.compile(rb"[^\s;,|\"]*[\x80-\xff][^\s;,|\"]*")
_BAD = "\ufffd"


@dataclass(frozen=True)
class Decoded:
    """A text and the ``encoding`` (Python's name) that it was read in.

    ``is_certain`` is False where ``others`` are as likely. ``bad_lines`` are the numbers of the
    lines in which bytes could not be read: each is a replacement character there.
    """

    text: str
    encoding: str
    is_certain: bool = True
    others: tuple[str, ...] = ()
    bad_lines: tuple[int, ...] = ()


def decode(data: bytes, encoding: str | None = None, file: object = "") -> Decoded:
    """Return the text of a file's bytes; ``encoding`` is guessed unless given.

    Raises InvalidImport where ``encoding`` is no encoding of texts.
    """
    if encoding is not None:
        name = checked_name(encoding, file)
        return _read_as(data, name)
    marked = _marked(data)
    if marked is not None:
        return _read_as(data, marked)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _mostly_utf8(data) or _guessed(data)


def checked_name(encoding: str, file: object = "") -> str:
    """Return an encoding as Python calls it. Raises InvalidImport for none of texts."""
    try:
        codec = codecs.lookup(encoding.strip())
        b"a".decode(encoding.strip())
    except (LookupError, ValueError):
        # UTF-16 reads an even number of bytes only.
        if encoding.strip().casefold().replace("_", "-").startswith(("utf-16", "utf-32")):
            return encoding.strip().casefold().replace("_", "-")
        raise InvalidImport("encoding", file, name=encoding, known=", ".join(CHOICES)) from None
    return next((name for name in CHOICES if codecs.lookup(name).name == codec.name), codec.name)


def _marked(data: bytes) -> str | None:
    """Return the encoding that a mark at the beginning states, or zeros between letters show."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return name
    if b"\0" in data[:_SAMPLE]:
        return "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    return None


def _read_as(data: bytes, encoding: str) -> Decoded:
    if encoding == "utf-8" and data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    text = data.decode(encoding, "replace")
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return Decoded(text, encoding, bad_lines=_bad_lines(text))
    return Decoded(text, encoding)


def _bad_lines(text: str) -> tuple[int, ...]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(number for number, line in enumerate(lines, 1) if _BAD in line)


def _mostly_utf8(data: bytes) -> Decoded | None:
    """Return UTF-8 with some bad bytes, None where most are bad."""
    text = data.decode("utf-8", "replace")
    bad = text.count(_BAD)
    good = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    return Decoded(text, "utf-8", bad_lines=_bad_lines(text)) if good > bad else None


def _guessed(data: bytes) -> Decoded:
    """Return the most likely reading of bytes that are not UTF-8."""
    words = list(dict.fromkeys(_WORD.findall(data[:_SAMPLE])))[:_WORDS]
    sample = b"\n".join(words)
    scores: dict[str, float] = {}
    for name in _possible(sample):
        try:
            data.decode(name)
            scores[name] = _score(sample.decode(name), name) + _LIKELY[name][1]
        except UnicodeDecodeError:
            # Some programs leave gaps of a code page; nothing else has so many letters.
            if name == "cp1252":
                scores[name] = _score(sample.decode(name, "replace"), name)
    ranked = sorted(scores, key=lambda name: (-scores[name], CHOICES.index(name)))
    best = ranked[0] if ranked else "cp1252"
    text = data.decode(best, "replace")
    others = [name for name in ranked[1:] if _differs(sample, best, name)]
    close = [name for name in others if scores[name] > scores[best] - _MARGIN]
    is_certain = bool(ranked) and scores[best] >= _LEAST and not close
    return Decoded(
        text, best, is_certain, tuple(close or others[:3]), _bad_lines(text) if _BAD in text else ()
    )


def _possible(sample: bytes) -> list[str]:
    """Return the encodings in which the sample is a text.

    charset-normalizer gives up on many readings of a few words, so that its answer puts encodings
    first and leaves none out.
    """
    # Imported only for files that are not UTF-8.
    from charset_normalizer import from_bytes

    named = (match.encoding for match in from_bytes(sample, threshold=0.6))
    known = {codecs.lookup(name).name: name for name in _LIKELY}
    codecs_named = (codecs.lookup(name).name for name in named)
    likely = (known[codec] for codec in codecs_named if codec in known)
    return list(dict.fromkeys((*likely, *_LIKELY)))


def _differs(sample: bytes, one_name: str, other: str) -> bool:
    return sample.decode(one_name, "replace") != sample.decode(other, "replace")


def _score(text: str, encoding: str) -> float:
    """Return how much a text looks like words, from below 0 to 1."""
    letters = "".join(character for character in text if character > "\x7f")
    if not letters:
        return 0.0
    group = _LIKELY[encoding][0]
    share = _share_east(letters) if group == "east" else _share_alphabet(letters, group)
    words = text.split("\n")
    return share - 0.6 * sum(_oddity(word, group) for word in words) / len(words)


def _share_alphabet(letters: str, group: str) -> float:
    """Return the share of the letters that one language explains, or punctuation."""
    lowered = letters.lower()
    return max(
        sum(letter in alphabet or letter in _PUNCTUATION for letter in lowered) / len(lowered)
        for alphabet in map(frozenset, _ALPHABETS[group])
    )


def _share_east(letters: str) -> float:
    common = sum(_is_common_east(letter) for letter in letters)
    return common / len(letters)


def _is_common_east(letter: str) -> bool:
    code = ord(letter)
    if 0x3041 <= code <= 0x30FF or letter in _PUNCTUATION:
        return True
    if 0xAC00 <= code <= 0xD7A3:
        return _lead(letter, "euc_kr", 0xB0, 0xC8)
    # The characters that are taught come first in each of these sets.
    return 0x4E00 <= code <= 0x9FFF and (
        _lead(letter, "cp932", 0x88, 0x97)
        or _lead(letter, "gb2312", 0xB0, 0xD7)
        or _lead(letter, "big5", 0xA4, 0xC6)
    )


def _lead(letter: str, encoding: str, first: int, last: int) -> bool:
    try:
        return first <= letter.encode(encoding)[0] <= last
    except UnicodeEncodeError:
        return False


def _oddity(word: str, group: str) -> float:
    """Return how odd a word is, 0 to 1: signs and capitals inside it, letters of two scripts."""
    odd = sum(_is_odd_pair(before, after, group) for before, after in pairwise(word))
    odd += sum(unicodedata.category(character) in ("Cc", "Cn", "Co") for character in word)
    # Nobody begins a word with the Greek s of its end, nor ends it with the other.
    odd += sum(letter in "ς" and not word.endswith(letter) for letter in word) + word.endswith("σ")
    if group not in _WITH_ASCII and word.isupper() and len(word) > 1:
        odd += 0.3
    return min(1.0, odd / 2)


def _is_odd_pair(before: str, after: str, group: str) -> float:
    if before <= "\x7f" and after <= "\x7f":
        return 0.0
    both_letters = before.isalpha() and after.isalpha()
    if both_letters and before.islower() and after.isupper():
        return 1.0
    if both_letters and group not in _WITH_ASCII:
        # One of the two is a letter of ASCII, the other of another script.
        return 1.0 if before <= "\x7f" or after <= "\x7f" else 0.0
    if both_letters and before > "\x7f" and after > "\x7f":
        return 0.3
    is_inside = (_is_sign(before) and after.isalpha()) or (before.isalpha() and _is_sign(after))
    return 1.0 if is_inside else 0.0


def _is_sign(character: str) -> bool:
    return character > "\x7f" and not character.isalpha() and character not in _QUOTES


def first_accented(texts: Iterable[str | None], most: int = 6) -> list[str]:
    """Return the first different texts that have other letters than ASCII's."""
    seen: dict[str, None] = {}
    for text in texts:
        if text and not text.isascii():
            seen.setdefault(" ".join(text.split()))
        if len(seen) == most:
            break
    return list(seen)
