"""Packages that lancedb imports and we never call: imported when somebody asks for their names.

Its clients of remote catalogues are half of its import, 0.8 s of every command. Before lancedb is
imported (``storage/__init__``). Not here: what we do with lancedb (``connection``).
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["CLIENTS", "defer"]

# Its generated classes of requests are needed, and lie in modules of their own.
CLIENTS = "lance_namespace_urllib3_client"


class _Deferred(ModuleType):
    """A package that is run when somebody asks for one of its own names.

    Its modules can be imported before.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(name)
        # From now on it is a module as any other.
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def defer(package: str) -> None:
    """Let a package be imported when it is used, unless it was or is not installed."""
    if package in sys.modules:
        return
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        return
    module = _Deferred(package)
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__file__ = spec.origin
    module.__package__ = package
    module.__path__ = list(spec.submodule_search_locations)
    sys.modules[package] = module
