"""The corpus: what a researcher uses from a notebook, and the packages that it stands on.

``__all__`` is the public surface (docs/api.md); it is declared, with types, in ``__init__.pyi``
and imported when first used, so that importing the package costs nothing. Not here: Dagster
(``pipelines``) and the dashboard (``app``).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
