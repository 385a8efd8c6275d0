"""The digest that pages compare."""

from panoptic_data.provenance import runs
from tests.dashboard import eventually


def test_the_pulse_is_another_one_where_work_or_corpus_are(real_corpus, ask):
    seen = [ask("/pulse")[1] for _ in range(2)]
    assert seen[0] == seen[1]
    project, *_ = real_corpus
    with runs.start(project, "a test", {}) as run:
        run.report("images", 1, 10)
        seen.append(eventually(lambda: other_than(seen, ask("/pulse")[1])))
    seen.append(ask("/pulse")[1])
    assert len(set(seen)) == 3


def other_than(seen, beat):
    return None if beat in seen else beat
