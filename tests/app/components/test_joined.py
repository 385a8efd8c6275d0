"""All modules in one: what is joined runs as the modules do, line by line."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.components import assets
from app.components.joined import join_modules, source_map

NODE = shutil.which("node")
TYPESCRIPT = Path(__file__).parents[2] / "javascript/node_modules/typescript"
needs_node = pytest.mark.skipif(NODE is None, reason="needs node")
SMALL = {
    "a/first.js": """// What this is for.
import { add, COUNT as many } from "../b/second.js";
import * as all from "../b/second.js";
import {
  later,
} from "./third.js";
/** Says what it was given. @param {string} text */
export function told(text) {
  const address = `http://x/${text}`; // Not a comment of its own.
  return [add(1, many), all.COUNT, later().name, address];
}
export class Part {}
""",
    "a/third.js": """export async function later() {}
export default function named() {}
""",
    "b/second.js": """export const COUNT = 3;
export function add(a, b) {
  return a + b;
}
export default [COUNT].map(add);
""",
}


def sources():
    return {
        path.relative_to(assets.FOLDER).as_posix(): path.read_text("utf-8")
        for path in sorted(assets.FOLDER.rglob("*.js"))
    }


def run(*arguments, **options):
    done = subprocess.run(
        [NODE, *arguments], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_node
def test_what_is_joined_exports_what_the_modules_do(tmp_path):
    (tmp_path / "all.mjs").write_text(join_modules(SMALL, {"a/a.css": ".a {\n}\n"}, "all.js.map"))
    script = """
      const { load } = await import("./all.mjs");
      const { told, ...first } = load("a/first.js");
      const third = load("a/third.js");
      console.log(JSON.stringify([
        told("y"), Object.keys(first), third.default.name, Object.keys(third),
        load("b/second.js") === load("b/second.js"), load("b/second.js").default, load("a/a.css"),
      ]));"""
    exports = json.loads(run("--input-type=module", "-e", script, cwd=tmp_path))
    assert exports == [
        [4, 3, None, "http://x/y"],
        ["Part"],
        "named",
        ["later", "default"],
        True,
        [3],
        ".a {\n}\n",
    ]


@pytest.mark.parametrize(
    "line",
    [
        'import "./b.js";',
        'import b from "./b.js";',
        'export * from "./b.js";',
        "export { b };",
        "export let b = 1;",
    ],
)
def test_a_form_that_is_not_known_is_an_error_that_names_it(line):
    with pytest.raises(ValueError, match=r"a\.js: cannot be joined .*" + re.escape(line)):
        join_modules({"a.js": f"{line}\n"}, {}, "map")


def test_each_line_is_found_again_in_its_file():
    modules = sources()
    joined = join_modules(modules, {}, "map").split("\n")
    sections = json.loads(source_map(modules))["sections"]
    assert [section["map"]["sources"] for section in sections] == [[path] for path in modules]
    for section in sections:
        [path] = section["map"]["sources"]
        lines = modules[path].split("\n")[:-1]
        assert section["map"]["mappings"].count(";") == len(lines) - 1
        start = section["offset"]["line"]
        for line, written in zip(joined[start:], lines, strict=False):
            is_code = not re.match(r"import|export|\} from|  \w+ as |\s*(//|/?\*)|.*\*/$", written)
            assert not is_code or line in (written, ""), (path, written)


@needs_node
@pytest.mark.skipif(not TYPESCRIPT.is_dir(), reason="needs `npm install` in tests/javascript")
def test_only_comments_are_left_out(tmp_path):
    """Both printed without comments and layout are one and the same."""
    from app.components import joined

    stripped = {path: joined._COMMENT.sub("", source) for path, source in sources().items()}
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps([list(sources().values()), list(stripped.values())]))
    script = f"""
      const ts = require({json.dumps(str(TYPESCRIPT))});
      const printer = ts.createPrinter({{ removeComments: true }});
      const printed = (text) => printer.printFile(ts.createSourceFile("a.js", text, 99, true));
      const [before, after] = JSON.parse(require("fs").readFileSync({json.dumps(str(texts))}));
      console.log(before.filter((text, at) => printed(text) !== printed(after[at])).length);"""
    assert run("-e", script) == "0\n"
