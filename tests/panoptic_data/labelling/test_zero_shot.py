"""Images sorted into tags by the tags' names, with an encoder that reads a few words."""

from types import SimpleNamespace

import numpy as np
import pytest

from panoptic_data import encoders
from panoptic_data.annotations import properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.annotations.tags import Tag
from panoptic_data.errors import InvalidProperty, InvalidTag, TextNotSupported
from panoptic_data.labelling import answers, zero_shot
from panoptic_data.labelling.zero_shot import best_classes, fit_scale, prompts
from tests import synthetic
from tests.vectors import embed

SLUG = "clip-words"
WORDS = {"dog": 0, "cat": 1, "ship": 2, "animal": 3}
COUNT = 90
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = [synthetic.sha1(name) for name in NAMES]


def spoken(text):
    """The mean of the directions of the words that are known."""
    vector = np.full(8, 1e-3, np.float32)
    for word, at in WORDS.items():
        vector[at] += word in text.lower()
    return vector / np.linalg.norm(vector)


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def test_each_image_goes_to_its_best_class_with_the_probability_of_a_softmax():
    random = np.random.default_rng(0)
    vectors, words = random.normal(size=(50, 6)), random.normal(size=(4, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = (words / np.linalg.norm(words, axis=1, keepdims=True)).astype(np.float32)
    rows = np.array([3, 40, 7])
    best = best_classes(vectors.astype(np.float32), words, 10.0, rows)
    for at, row in enumerate(rows):
        cosines = vectors[row] @ words.T
        assert best.classes[at] == cosines.argmax()
        assert best.similarities[at] == pytest.approx(cosines.max(), abs=1e-5)
        assert best.probabilities[at] == pytest.approx(softmax(10 * cosines).max(), abs=1e-5)


def test_a_refused_class_is_out_of_the_question_for_that_image():
    vectors = np.eye(3, dtype=np.float32)
    rows, none = np.arange(3), np.empty(0, np.intp)
    best = best_classes(
        vectors, np.eye(3, dtype=np.float32), 5.0, rows, [np.array([0]), none, none]
    )
    assert best.classes[0] != 0
    assert best.probabilities[0] == pytest.approx(0.5)
    assert best.classes[1:].tolist() == [1, 2]
    every = [np.array([1])] * 3
    assert best_classes(vectors, np.eye(3, dtype=np.float32), 5.0, rows, every).classes[1] == -1


def test_the_scale_is_the_one_that_was_right_as_often_as_it_said():
    random = np.random.default_rng(1)
    cosines = random.uniform(-0.2, 0.4, (4_000, 5)).astype(np.float32)
    labels = np.array([random.choice(5, p=softmax(12 * row)) for row in cosines.astype(float)])
    assert fit_scale(cosines, labels, 100.0) == pytest.approx(12, rel=0.2)


def test_prompts_are_in_the_language_and_may_name_the_parents():
    known = {
        "1": Tag("1", "p", "Animal"),
        "2": Tag("2", "p", "Dog", parents=("1", "3")),
        "3": Tag("3", "p", "Gone", deleted=True),
    }
    dog = known["2"]
    assert prompts(dog, known) == ("a photo of Dog",)
    assert prompts(dog, known, "fr") == ("une photo de Dog",)
    assert prompts(dog, known, parents="add") == ("a photo of Dog, Animal",)
    assert prompts(dog, known, parents="mean") == ("a photo of Dog", "a photo of Animal")
    assert prompts(dog, known, template="{parent}: {name}", parents="add") == ("Animal: Dog",)
    # A parent is added at the end where the template does not mention it.
    assert prompts(dog, known, template="an old {name}", parents="add") == ("an old Dog, Animal",)
    assert prompts(known["1"], known, template="engraving of") == ("engraving of Animal",)


@pytest.fixture
def project(tmp_path, monkeypatch):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in NAMES])
    files = [synthetic.file(f"s/{number}.jpg", name) for number, name in enumerate(NAMES)]
    synthetic.write(opened, "files", files)
    row = {"slug": SLUG, "text": "clip:local-dir:/words", "status": "ready", "reads_text": True}
    ready = {"fingerprint": "1", "dtype": "float32", "checked_at": synthetic.AT}
    synthetic.write(opened, "encoders", [{**row, **ready}])
    kinds = [spoken(["dog", "cat", "ship"][number % 3]) for number in range(COUNT)]
    noise = np.random.default_rng(0).normal(size=(COUNT, 8)) * 0.05
    vectors = np.array(kinds) + noise
    embed(opened, SHA1S, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), SLUG)
    words = SimpleNamespace(
        encode_text=lambda some: np.stack([*map(spoken, some)]), scale=10.0, bias=None
    )
    monkeypatch.setattr(encoders, "warm", lambda *_: words)
    return opened


@pytest.fixture
def store(project):
    return annotations_of(project)


def make(store, *names, type="tags"):
    property, changes = properties.create(store.state().properties, "Kind", type)
    store.commit(changes, "property")
    ids = []
    for name in names:
        tag, changes = tags.create(store.state().tags, property.id, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    return property.id, ids


def test_tags_sort_the_images_by_their_names(project, store):
    kind, ids = make(store, "Dog", "Cat", "Ship")
    predictions = zero_shot.predict(project, kind, SLUG)
    assert (predictions.scale, predictions.fitted) == (10.0, 0)
    assert [predicted.tag for predicted in predictions.tags] == ids
    for at, predicted in enumerate(predictions.tags):
        assert set(predicted.sha1s) == {SHA1S[number] for number in range(at, COUNT, 3)}
        assert predicted.probabilities.tolist() == sorted(
            predicted.probabilities.tolist(), reverse=True
        )


def test_what_is_answered_is_not_asked_again_and_makes_the_scores_truer(project, store):
    kind, [dog, cat, _] = make(store, "Dog", "Cat", "Ship")
    for tag, first in ((dog, 0), (cat, 1)):
        changes = answers.answer_changes(store.state(), tag, accepted=SHA1S[first:45:3])
        store.commit(changes, "answer")
    store.commit(answers.answer_changes(store.state(), dog, refused=[SHA1S[60]]), "answer")
    predictions = zero_shot.predict(project, kind, SLUG)
    listed = {sha1 for predicted in predictions.tags for sha1 in predicted.sha1s}
    assert listed == {sha1 for at, sha1 in enumerate(SHA1S) if at >= 45 or at % 3 == 2}
    assert SHA1S[60] not in predictions.tags[0].sha1s
    # All that were tagged were sorted right: the model may be surer than it was.
    assert predictions.fitted == 30
    assert predictions.scale > 10
    again = zero_shot.predict(project, kind, SLUG, include_tagged=True)
    assert sum(len(predicted.sha1s) for predicted in again.tags) == COUNT


def test_some_tags_alone_may_be_asked_for(project, store):
    kind, [dog, cat, ship] = make(store, "Dog", "Cat", "Ship", type="tag")
    predictions = zero_shot.predict(project, kind, SLUG, tags=[dog, cat])
    assert [predicted.tag for predicted in predictions.tags] == [dog, cat]
    assert sum(len(predicted.sha1s) for predicted in predictions.tags) == COUNT
    # An image that has a tag already keeps it, also one that is not asked about.
    store.commit(answers.answer_changes(store.state(), ship, accepted=SHA1S[:5]), "answer")
    predictions = zero_shot.predict(project, kind, SLUG, tags=[dog, cat])
    assert sum(len(predicted.sha1s) for predicted in predictions.tags) == COUNT - 5


def test_what_cannot_be_asked_is_refused(project, store):
    kind, _ = make(store, "Dog")
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    with pytest.raises(InvalidProperty):
        zero_shot.predict(project, note.id, SLUG)
    with pytest.raises(InvalidProperty):
        zero_shot.predict(project, "nothere", SLUG)
    with pytest.raises(InvalidTag):
        zero_shot.predict(project, kind, SLUG, tags=["nothere"])
    row = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False}
    synthetic.write(project, "encoders", [{**row, "dtype": "float32", "checked_at": synthetic.AT}])
    embed(project, SHA1S, np.eye(8)[np.arange(COUNT) % 8])
    with pytest.raises(TextNotSupported):
        zero_shot.predict(project, kind, "visual")


def test_what_no_tag_fits_is_not_certain_where_the_model_knows_none(project, store, monkeypatch):
    kind, _ = make(store, "Dog", "Cat")
    certain = zero_shot.predict(project, kind, SLUG)
    words = encoders.warm()
    # A sigmoid that takes words to fit from a cosine of .5 on.
    monkeypatch.setattr(words, "bias", -5.0)
    doubtful = zero_shot.predict(project, kind, SLUG)
    ships = {SHA1S[number] for number in range(2, COUNT, 3)}

    def certainty(predictions):
        pairs = [
            (sha1, probability)
            for tag in predictions.tags
            for sha1, probability in zip(tag.sha1s, tag.probabilities.tolist(), strict=True)
        ]
        of_ships = [probability for sha1, probability in pairs if sha1 in ships]
        others = [probability for sha1, probability in pairs if sha1 not in ships]
        return max(of_ships), min(others)

    assert certainty(certain)[0] > 0.5
    assert certainty(doubtful)[0] < 0.1
    assert certainty(doubtful)[1] > 0.9
