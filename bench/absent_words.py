"""How often a search by words says rightly that nothing here is clearly like them.

    python -m bench.search --words

Words that a corpus shows and that the small CLIP was taught, and words of what it does not show,
taught or not. Before: whether any image is shown from the usual percentile on. After: whether the
best one is clearly like the words (``calibration.clear_cosine``). Not here: how long a search takes
(``bench.search``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from bench import corpora
from panoptic_data import encoders
from panoptic_data.vectors import calibration
from panoptic_data.vectors.matrix import Matrix

__all__ = ["print_tables"]

Floats = npt.NDArray[np.float32]

# Names that this CLIP was taught; it does not know avocados from plums, for one.
_CLOTHES = """
dress, shirt, T-shirt, shoe, shoes, hat, coat, running shoe, sandal, cowboy boot, cowboy hat, suit,
miniskirt, sweatshirt, cardigan, trench coat, jeans, skirt, shorts, trousers, sneakers
"""
_FRUIT = """
apple, fruit, orange, lemon, strawberry, fig, banana, pomegranate, Granny Smith, pear, peach, food
"""
_TAUGHT = """
tench, goldfish, tiger shark, ostrich, bald eagle, bullfrog, box turtle, tarantula, peacock, koala,
jellyfish, flamingo, penguin, killer whale, Chihuahua, golden retriever, tabby, lion, ice bear,
ladybug, zebra, hippopotamus, African elephant, giant panda, aircraft carrier, airliner, ambulance,
castle, church, fire engine, forklift, freight car, school bus, sports car, steam locomotive,
submarine, space shuttle, suspension bridge, tank, tractor, volcano, geyser, cliff, lakeside,
seashore, grand piano, electric guitar, violin, drum, bicycle, motor scooter, traffic light, laptop,
television, microwave, refrigerator, washing machine, pizza, cheeseburger, spider web
"""
_UNTAUGHT = """
zzz, a spaceship, spaceship, asdfgh, qwerty, lorem ipsum, xxxx, unicorn, dragon,
a robot fighting a dinosaur, dinosaur, quantum physics, democracy, 12345, the Eiffel Tower,
Einstein, a wedding, moon landing, football match, Napoleon, déjà vu, the of and, protest march,
microscope slide, brain scan, parliament, earthquake, barricade of soldiers, swastika, tattoo
"""
PRESENT: Mapping[str, str] = {"clothing-1k": _CLOTHES, "usda": _FRUIT}


def print_tables() -> None:
    """Print one table: each corpus, whole and in part."""
    print("| corpus | images | clear from | words | shown before | clear |")
    print("| --- | ---: | ---: | --- | ---: | ---: |")
    encoder = encoders.warm(corpora.specs()["tiny-clip"], "float32", 1)
    everyday = encoder.encode_text(list(calibration.CHANCE_WORDS))
    made_up = encoder.encode_text(list(calibration.MADE_UP_WORDS))
    for name, vectors in _parts():
        rows, matrix = np.arange(len(vectors)), Matrix.of(vectors)
        usual = calibration.sample(matrix, rows, everyday, (0, 0, 1, 0)).cosine(
            calibration.DEFAULT_PERCENTILE_WORDS
        )
        clear = calibration.clear_cosine(matrix, rows, made_up)
        kinds = {"present": PRESENT[name], "absent, taught": _TAUGHT, "absent, untaught": _UNTAUGHT}
        for kind, listed in kinds.items():
            words = [word.strip() for word in listed.split(",")]
            best = (encoder.encode_text(words) @ vectors.T).max(axis=1)
            shown, clearly = (best >= usual).mean(), (best >= clear).mean()
            print(
                f"| {name} | {len(vectors):,} | {clear:.3f} | {kind} ({len(words)}) "
                f"| {shown:.0%} | {clearly:.0%} |",
                flush=True,
            )


def _parts() -> Iterator[tuple[str, Floats]]:
    """Yield the name of each corpus, and the vectors of all its images, then of some."""
    for name, step in (("clothing-1k", 5), ("usda", 25)):
        vectors = corpora.embedded(name, "tiny-clip").vectors.astype(np.float32)
        yield name, vectors
        yield name, np.ascontiguousarray(vectors[::step])
