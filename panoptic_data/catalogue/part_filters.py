"""Which images share a part with others, or with a rectangle on one: a condition of a view.

Not here: finding parts (``parts``), other conditions (``filters``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from panoptic_data.views import search_expression

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["images_with_part"]


def images_with_part(catalogue: Catalogue, pictures: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which images share a part with one of some pictures: (n,) bool.

    ``pictures`` are texts, ``image:ab12`` or ``crop:ab12@0.1,0.2,0.5,0.4``. The images themselves
    are left out. Raises as ``parts.find.part_of``.
    """
    # opencv and what is around it take a second: only those who ask for it wait.
    from panoptic_data.parts import find

    mask = np.zeros(len(catalogue), dtype=bool)
    for picture in pictures:
        (term,) = search_expression.parse(picture).terms
        parts = find.part_of(catalogue.project, term.value, term.box)
        mask[catalogue.rows_of([part.other for part in parts])] = True
    return mask
