"""What a component says again until Python has heard it: the module itself, in a browser."""

from app.components.assets import FOLDER

TELL = """
async (source) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { withReliableEvents } = await import(address);
  const parentElement = {};
  const sent = [];
  const setTriggerValue = (name, value) => sent.push(structuredClone({ name, value }));
  const run = (heard) =>
    withReliableEvents({ data: { shown: "its data", heard }, parentElement, setTriggerValue });
  const first = run([]);
  first.setTriggerValue("save", 1);
  first.setTriggerValue("only", 2);
  const { key } = sent[0].value[0];
  const second = run([key]);
  second.setTriggerValue("similar", 3);
  const keys = new Set(sent.flatMap(({ value }) => value.map((one) => one.key)));
  const said = sent.map(({ name, value }) => [name, ...value.map((one) => [one.name, one.value])]);
  while (sent.length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
  const again = sent[3].value.map((one) => one.name);
  const later = Date.now() + 60_000;
  Date.now = () => later;
  const unconfirmed = [first, second, run([])].map((one) => one.unconfirmed);
  return { said, again, keys: keys.size, data: second.data, unconfirmed };
}
"""


def test_a_press_is_said_again_until_it_is_heard_and_not_forever(chromium):
    page = chromium.new_page()
    answer = page.evaluate(TELL, (FOLDER / "shared/bridge/reliable_events.js").read_text("utf-8"))
    page.close()
    assert answer["said"] == [
        ["presses", ["save", 1]],
        ["presses", ["save", 1], ["only", 2]],
        ["presses", ["only", 2], ["similar", 3]],
    ]
    assert answer["again"] == ["only", "similar"]
    assert answer["keys"] == 3
    assert answer["data"] == "its data"
    assert answer["unconfirmed"] == [0, 1, 0]


LEAVE = """
async (source) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { withReliableEvents } = await import(address);
  const press = (parentElement) => {
    const sent = [];
    const send = (name, value) => sent.push(value);
    const shown = withReliableEvents({
      data: { shown: null, heard: [] }, parentElement, setTriggerValue: send,
    });
    shown.setTriggerValue("open", 1);
    return sent;
  };
  const gone = press({ isConnected: false });
  const stays = press({ isConnected: true });
  history.pushState(null, "", "/two");
  while (stays.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 300));
  return [gone.length, stays.length];
}
"""


def test_what_went_with_its_page_says_nothing_from_the_next_one(chromium):
    page = chromium.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<html></html>", content_type="text/html"))
    page.goto("http://pages.test/one")
    text = page.evaluate(LEAVE, (FOLDER / "shared/bridge/reliable_events.js").read_text("utf-8"))
    page.close()
    assert text[0] == 1
    assert text[1] >= 2
