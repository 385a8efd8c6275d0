"""What is given to a public function: of the right kind, and of things that the project has.

A notebook passes None, a path or a name where something else is expected, and must read in one
sentence which. Not here: the functions (``notebook``, ``notebook_versions``), what the packages
below refuse of themselves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from panoptic_data.errors import InvalidProperty, UnknownImage, UsageError
from panoptic_data.messages import terminal_language, translate

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = [
    "Seed",
    "check",
    "checked",
    "find_property",
    "refuse_unknown",
    "require_choice",
    "wrong_argument",
]

Seed = int
"""A whole number of 0 or more, where other numbers are counts."""

P = ParamSpec("P")
T = TypeVar("T")

_PATHS = {"str", "Path", "None"}
_KINDS = {"int": "count", "Property": "property", "Project": "project"}


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function refuse arguments of another kind than its annotations name: UsageError.

    An annotation is compared by the names of classes, so that nothing is imported for it; of what
    stands in brackets only that a list is of texts. Numbers (``int``) are counts: 1 or more.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                check(function.__name__, name, value, str(parameter.annotation))
        return function(*args, **kwargs)

    return call


def require_choice(name: str, value: object, known: Iterable[str]) -> None:
    """Raise UsageError for a value that is none of those that there are."""
    listed = tuple(known)
    if value not in listed:
        raise wrong_argument("not_a_choice", name=name, value=value, known=", ".join(listed))


def find_property(state: State, given: Property | str) -> Property:
    """Return the property that is meant, by its id or name as a query writes it.

    Raises InvalidProperty, DeletedProperty.
    """
    from panoptic_data.annotations.deleted import live_property
    from panoptic_data.query.names import ProjectNames, similar_names

    if not isinstance(given, str):
        return live_property(state, given.id)
    if given in state.properties:
        return live_property(state, given)
    named = ProjectNames(state).property(given)
    if named is not None:
        return named
    names = [prop.name for prop in state.live_properties]
    known = ", ".join(similar_names(given, names) or names) or "–"
    raise InvalidProperty("unknown_name", name=given, known=known)


def refuse_unknown(project: Project, prop: Property, targets: Sequence[str]) -> None:
    """Raise UnknownImage for sha1s that the project has not, UsageError for such ids of files."""
    project.require_now()
    for target in targets:
        if not isinstance(target, str):
            raise wrong_argument("not_a_sha1", value=target)
    table, key = ("files", "file_id") if prop.target == "file" else ("images", "sha1")
    rows = project.database().take(table, list(dict.fromkeys(targets)), [key])
    known = set(rows[key].to_pylist())
    unknown = [target for target in targets if target not in known]
    if not unknown:
        return
    if prop.target == "file":
        raise wrong_argument("unknown_file", name=unknown[0][:60], property=prop.name)
    raise UnknownImage(name=unknown[0][:60])


def check(function: str, name: str, value: object, annotation: str) -> None:
    """Raise UsageError for an argument of another kind than its annotation names."""
    kinds = [part.partition("[")[0].strip() for part in _parts(annotation)]
    is_path = "Path" in kinds and _PATHS.issuperset(kinds) and value is not None
    if is_path and (not str(value).strip() or "\0" in str(value)):
        raise wrong_argument("empty_path", function=function, name=name)
    if any(_is_of(value, kind) for kind in kinds):
        _check_texts(function, name, value, annotation)
        return
    wanted = dict.fromkeys(_KINDS.get(kind, kind) for kind in kinds if kind != "None")
    or_ = translate("arguments.or", terminal_language())
    phrases = [_phrase(kind) for kind in wanted]
    given = "None" if value is None else f"{type(value).__name__} {value!r}"[:60]
    params = {"function": function, "name": name, "given": given, "wanted": or_.join(phrases)}
    raise wrong_argument("wrong_kind", **params)


def _check_texts(function: str, name: str, value: object, annotation: str) -> None:
    """Raise UsageError for a list of texts that holds anything else."""
    if "[str]" not in annotation or not isinstance(value, list | tuple | set | frozenset):
        return
    for item in value:
        if not isinstance(item, str):
            raise wrong_argument("no_text", function=function, name=name, given=repr(item)[:60])


def _parts(annotation: str) -> list[str]:
    """Split ``str | Mapping[str, int | None]`` at the bars outside of brackets."""
    parts, depth = [""], 0
    for sign in annotation:
        depth += (sign == "[") - (sign == "]")
        if sign == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _is_of(value: object, kind: str) -> bool:
    if kind == "Any":
        return True
    if kind == "None":
        return value is None
    if kind in ("Sequence", "Iterable"):
        return isinstance(value, Iterable) and not isinstance(value, str | bytes)
    if kind == "Mapping":
        return isinstance(value, Mapping)
    if kind == "Seed":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return kind in {each.__name__ for each in type(value).__mro__}


def _phrase(kind: str) -> str:
    key = f"arguments.kind_{kind.lower()}"
    try:
        return translate(key, terminal_language())
    except KeyError:
        return kind


def wrong_argument(key: str, **params: Any) -> UsageError:
    """Return the error of a wrong argument: ``key`` is one of the section ``arguments``."""
    return UsageError(problem=translate(f"arguments.{key}", terminal_language(), **params))
