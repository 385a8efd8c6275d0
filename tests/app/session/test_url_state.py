"""The address of the page: what writes it, and older messages of the browser."""

from streamlit.testing.v1 import AppTest


def _page():
    import streamlit as st

    from app.session import url_state
    from app.session.callbacks import uninterrupted

    def pressed():
        url_state.write({"view": "war", "tab": None, "image": "kept"})

    if "is back" in st.session_state:
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        get_script_run_ctx().is_history_navigation = True
    url_state.restore_latest()
    st.button("write", on_click=uninterrupted(pressed))
    st.text(sorted(url_state.without_image()))
    st.text(url_state.is_message_stale())


def test_writing_changes_some_parts_and_takes_away_those_without_a_value():
    page = AppTest.from_function(_page)
    page.query_params["tab"] = "t1"
    page.query_params["encoder"] = "visual"
    page.run()
    page.button[0].click().run()
    assert page.query_params == {"encoder": "visual", "view": "war", "image": "kept"}
    assert page.text[0].value == "['encoder', 'view']"


def test_an_address_from_before_is_replaced_by_what_was_written_last():
    page = AppTest.from_function(_page).run()
    page.button[0].click().run()
    page.query_params.clear()
    page.run()
    assert page.query_params["view"] == "war"
    assert page.text[1].value == "True"


def test_an_address_that_was_never_ours_is_kept():
    page = AppTest.from_function(_page).run()
    page.button[0].click().run()
    page.query_params["view"] = "peace"
    page.run()
    assert page.query_params["view"] == "peace"
    assert page.text[1].value == "False"
