"""A change of pages while older messages of the browser arrive, in Streamlit's own runner."""

from streamlit.testing.v1 import AppTest


def test_a_message_older_than_a_change_of_pages_does_not_lead_back():
    page = AppTest.from_function(_left).run()
    page.button[0].click().run()
    assert page.text[0].value == "explore"
    # It names the page and the address of before.
    page.query_params.clear()
    page.run()
    assert page.text[0].value == "explore"
    # A link to that page, pressed since, names the address of now.
    page.run()
    assert page.text[0].value == "import"


def test_what_is_pressed_now_leads_further_than_a_message_of_before():
    page = AppTest.from_function(_resumed).run()
    page.button[0].click().run()
    assert page.text[0].value == "explore"
    page.button[1].click().run()
    assert page.text[0].value == "import"


def test_a_late_press_does_not_lead_away_from_a_third_page_that_a_link_has_led_to():
    page = AppTest.from_function(_followed).run()
    page.button[0].click().run()
    assert page.text[0].value == "stays"
    page.button[1].click().run()
    assert page.text[0].value == "explore"


def _followed():
    import time

    import streamlit as st

    from app.session import navigation, streamlit_internals
    from app.session.callbacks import uninterrupted

    def late(left):
        # As if a press had led from one page to another, a moment ago.
        st.session_state[navigation.REACHED] = (time.monotonic(), ("explore", None, False))
        st.session_state[navigation.LEFT] = left
        navigation.repeat_last()

    query = st.session_state.pop(navigation.REQUESTED, None)
    here = streamlit_internals.page_script_hash()
    st.button("from a third", on_click=uninterrupted(lambda: late("another")))
    st.button("from that one", on_click=uninterrupted(lambda: late(here)))
    st.text("stays" if query is None else query[0])


def _resumed():
    import time

    import streamlit as st

    from app.session import navigation
    from app.session.callbacks import uninterrupted

    def pressed():
        navigation.to("explore")
        late()

    def late():
        # As if that page had just been reached.
        st.session_state[navigation.REACHED] = (time.monotonic(), ("import", None, False))
        navigation.repeat_last()

    query = st.session_state.pop(navigation.REQUESTED, None)
    st.button("show", on_click=uninterrupted(pressed))
    st.button("late", on_click=uninterrupted(late))
    st.text("" if query is None else query[0])


def _left():
    import streamlit as st

    from app.session import navigation, url_state
    from app.session.callbacks import uninterrupted

    def pressed():
        url_state.write({"view": "these"})
        # As if the other page had been drawn then.
        st.session_state[navigation.DRAWN] = ("another", "explore")
        navigation.to("explore")

    url_state.restore_latest()
    if url_state.is_message_stale():
        navigation.stay_on_drawn_page()
    query = st.session_state.pop(navigation.REQUESTED, None)
    st.button("show", on_click=uninterrupted(pressed))
    st.text("import" if query is None else query[0])
