"""docs/http.md says what is: each of its command lines is run, and its answer compared."""

import pathlib
import re
import shlex

import pytest

from support import curl

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "http.md"


def examples():
    """Of each code block that begins with "$ ": the options of the server, the command and what
    follows it."""
    blocks = re.findall(r"^```\n(?:\$ echod (.*?) &\n)?\$ (.*?)\n(.*?)^```$", DOCUMENT.read_text(),
                        re.DOTALL | re.MULTILINE)
    return [pytest.param(*block, id=block[1]) for block in blocks]


def settings():
    """The document's one configuration file, echod.toml."""
    return re.search(r"^```toml\n(.*?)^```$", DOCUMENT.read_text(),
                     re.DOTALL | re.MULTILINE).group(1)


def pattern_of(answer):
    return ".*?".join(re.escape(part) for part in answer.rstrip("\n").split("..."))


@pytest.fixture(scope="module", autouse=True)
def there_are_examples():
    assert len(examples()) >= 6


@pytest.mark.parametrize(("options", "command", "answer"), examples())
def test_answers_as_the_document_says(echod, tmp_path, options, command, answer):
    file = tmp_path / "echod.toml"
    file.write_text(settings())
    server = echod(*shlex.split(options.replace("echod.toml", str(file))))
    program, *arguments = shlex.split(command.replace(":8080", f":{server.port}"))
    assert program == "curl"
    result = curl(*arguments)
    # A WebSocket stays open, and curl gives it up after its --max-time.
    assert result.returncode == (28 if "--max-time" in arguments else 0), result.stderr
    # The length of what is shown may depend on the port.
    shown = result.stdout.decode().replace("\r\n", "\n").replace(f":{server.port}", ":8080")
    assert re.fullmatch(pattern_of(answer), shown.rstrip("\n"), re.DOTALL), shown
