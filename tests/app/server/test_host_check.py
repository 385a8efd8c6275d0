"""Which requests are answered."""

import pytest


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", "", "["])
def test_a_name_that_is_not_this_machine_is_refused(ask, host):
    answer, body = ask("/rows", Host=host)
    assert answer.status == 400
    assert b"sha1" not in body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8501", "[::1]:8501"])
def test_this_machine_s_names_are_answered(ask, host):
    assert ask("/rows", Host=host)[0].status == 200


def test_another_page_can_change_nothing(ask, server):
    own = f"127.0.0.1:{server}"
    assert ask("/rows", "POST", Host=own, Origin="http://evil.example")[0].status == 403
    assert ask("/rows", "POST", Host=own, Origin="null")[0].status == 403
    assert ask("/rows", "POST", Host=own, Origin=f"http://{own}")[0].status == 405
