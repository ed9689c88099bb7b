"""Every command in the docs: run here, or by another test, or too long and then read by its parser.

A command in a `bash` block of any page needs an entry in one of the three tables below, by the
words that it begins with; the longest entry counts. Placeholders stand in capitals in the docs.
"""

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.documents import PAGES, ROOT, commands, name, prose, split

TAXIS = ROOT / "examples" / "street_taxi_night"


@dataclass(frozen=True)
class Run:
    """How a command is run.

    Args:
        instead: words of the docs -> words that are small or exist here.
        more: further words.
        makes: files that must be there afterwards.
    """

    instead: dict[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()


# Run here, in a folder of its own.
RUN = {
    "python -m amodal.complete PHOTO": Run(
        {"PHOTO": str(TAXIS / "photo.jpg"), "FILE.json": str(TAXIS / "instances.json")},
        ("--only", "taxi 2"),
        ("DIR/completions.json", "DIR/overview.png"),
    ),
    "python -m amodal.complete_dataset --annotations": Run(
        {"FILE.json": str(TAXIS / "instances.json")}, makes=("O*.json",)
    ),
    "python -m amodal.complete_dataset --annotations FILE.json --out COMPLETED.json": Run(
        {"FILE.json": str(TAXIS / "instances.json"), "4": "1"}, makes=("COMPLETED.json",)
    ),
    "python -m amodal.data.synthetic": Run({"100000": "50"}, makes=("FILE.json",)),
    "python -m amodal.hub push": Run({"runs/toy": str(ROOT / "weights")}, ("--dry-run",)),
    "python -m amodal.render --scenes 20": Run({"20": "1"}, ("--bare",), ("DIR/*/scene.json",)),
    "python -m amodal.train --data toy": Run(
        more=("--scale", "0.01", "--workers", "0"), makes=("runs/toy/stage3.safetensors",)
    ),
}

# Run by another test, which is named.
ELSEWHERE = {
    "python -m demo.replicas": "tests/test_replicas.py",
    "curl -s": "tests/test_api_docs.py",
    "curl -sN": "tests/test_api_docs.py",
    "cut": "tests/test_api_docs.py",
    "make demo": "tests/browser/conftest.py",
    "python app.py": "tests/browser/conftest.py",
    "python app.py --mcp": "tests/test_mcp.py",
    "python -m amodal.baselines.train": "tests/test_datasets_doc.py",
    "python -m amodal.evaluate": "tests/test_evaluate_command.py",
    "python -m amodal.evaluate --data rendered": "tests/test_rendered.py",
    "python -m amodal.evaluation.appearance": "tests/test_appearance_evaluation.py",
    "python -m amodal.evaluation.edit_results": "tests/test_edit_benchmark.py",
    "python -m amodal.evaluation.edits": "tests/test_edit_benchmark.py",
    "python -m amodal.evaluation.fid": "tests/test_fid.py",
    "python -m amodal.evaluation.inpainting": "tests/test_inpaint_training.py",
    "python -m amodal.evaluation.poses": "tests/test_pose_evaluation.py",
    "python -m amodal.hub fetch": "tests/test_hub.py",
    "python -m amodal.train --data": "tests/test_datasets_doc.py",
    "python -m amodal.train --task inpaint": "tests/test_inpaint_training.py",
    "python -m amodal.train --task pose": "tests/test_pose.py",
    "torchrun --nproc-per-node 2 -m amodal.complete_dataset": "tests/test_complete_dataset.py",
    "torchrun --nproc-per-node N -m amodal.train": "tests/test_distributed.py",
}

# Not run by any test, with the reason.
LONG = {
    "apt-get install": "installs packages",
    "docker build": "needs Docker's engine; tests/test_dockerfile.py checks the file",
    "docker run": "the same",
    "git push": "goes to the Hub",
    "hf upload": "goes to the Hub",
    "python -m tests.load": "minutes; tests/load/test_load.py is its small form",
    "python -m tests.load.replicas": "minutes; needs nginx and an idle machine",
    "make check": "it is the tests themselves",
    "make audit": "asks a service about packages; tests/test_audit.py does it on loopback",
    "make fuzz": "minutes; tests/abuse is its small form",
    "make dev": "installs packages; CI begins with it",
    "make golden": "a training of a minute",
    "make lint": "CI runs it",
    "make test": "it is the tests themselves",
    "pip install": "installs packages",
    ".venv/bin/pip install": "installs packages",
    ".venv-render/bin/pip install": "installs packages",
    "python -m amodal.benchmark": "minutes, and its numbers need an idle machine",
    "python -m amodal.render --scenes 2": "pictures need Blender",
    "python -m amodal.render.turntable": "pictures need Blender",
    "python -m examples.make_instances": "rewrites the examples",
    "python -m examples.make_scenes": "needs Blender",
    "python -m pytest": "it is the tests themselves",
    "python -m venv": "makes an environment",
}

COMMANDS = commands()
TABLES = (RUN, ELSEWHERE, LONG)


def entry(command):
    """The words by which a command stands in a table: the longest that it begins with."""
    starts = [start for table in TABLES for start in table]
    fitting = [start for start in starts if f"{command} ".startswith(f"{start} ")]
    return max(fitting, key=len, default=None)


def test_every_command_has_an_entry_and_every_entry_a_command():
    used = {command: entry(command) for command in COMMANDS}
    unknown = [f"{command.page}: {command}" for command, start in used.items() if start is None]
    assert unknown == [], "enter these in RUN, ELSEWHERE or LONG"
    assert {start for table in TABLES for start in table} - set(used.values()) == set()
    assert all((ROOT / test).is_file() for test in ELSEWHERE.values())


@pytest.mark.parametrize("command", [c for c in COMMANDS if entry(c) in RUN], ids=str)
def test_the_quick_ones_run(command, tmp_path):
    run = RUN[entry(command)]
    words = [run.instead.get(word, word) for word in command.words[1:]]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, *words, *run.more],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for path in run.makes:
        assert list(tmp_path.glob(path)), f"{path} is missing: {done.stdout}"


class Parsed(Exception):
    """A command line was understood; nothing must run."""


@pytest.fixture
def reads_only(monkeypatch):
    """Ends every program once it has read its words."""
    parse = argparse.ArgumentParser.parse_args

    def parse_args(parser, *rest):
        parse(parser, *rest)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)


def understands(module_name, words, monkeypatch):
    """Whether a module's own parser accepts the words."""
    monkeypatch.setattr(sys, "argv", [module_name, *words])
    spec = importlib.util.find_spec(module_name)
    assert spec, f"there is no module {module_name}"
    if spec.submodule_search_locations:
        module_name += ".__main__"
        spec = importlib.util.find_spec(module_name)
    if "argparse" not in Path(spec.origin).read_text(encoding="utf-8"):
        assert not [word for word in words if word.startswith("-")], f"{module_name} has no flags"
        return
    with pytest.raises(Parsed):
        importlib.import_module(module_name).main()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: f"{c.page}: {c}")
def test_each_is_understood(command, reads_only, monkeypatch):
    program, *words = command.words
    if program == "torchrun":
        program, words = "python", words[words.index("-m") :]
    if program == "make":
        done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    elif program.endswith("pip"):
        installs(words)
    elif program == "python" and words[:2] == ["-m", "pytest"]:
        assert all((ROOT / word).exists() for word in words if word.endswith(".py"))
    elif program == "python" and words[0] == "-m" and words[1] != "venv":
        understands(words[1], words[2:], monkeypatch)
    elif program == "python" and words[0].endswith(".py"):
        understands(words[0].removesuffix(".py"), words[1:], monkeypatch)
    else:
        assert entry(command) in {**ELSEWHERE, **LONG}


def installs(words):
    """Extras are the project's, files exist, and versions are the pinned ones."""
    assert words[0] == "install"
    project = (ROOT / "pyproject.toml").read_text()
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    for word in words[1:]:
        for extra in re.findall(r"\.\[(.*)\]", word):
            assert all(f"\n{each} = [" in project for each in extra.split(","))
        if word.endswith(".txt"):
            assert (ROOT / word).is_file()
        if "==" in word:
            assert word in pinned


def test_commands_stand_in_bash_blocks_and_nowhere_else():
    """Else no test would see them."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"^```(sh|shell|console)$", text, re.MULTILINE), name(page)
        assert not re.search(r"^(    |\t)(\$ |python|pip|make|docker)", prose(page), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_within_sentences_are_understood(page, reads_only, monkeypatch):
    text = re.sub(r"<!-- begin .*?<!-- end ", "", prose(page), flags=re.DOTALL)  # written by tools
    for command in re.findall(r"`(python -m (?:amodal|examples|tests)[^`]*)`", text):
        words = re.sub(r" N\b", " 1", command).split()
        whole = len(words) > 3 and not re.search(r"\[|\.\.\.|,", command)
        if whole and words[2] != "amodal.hub":
            understands(words[2], words[3:], monkeypatch)


def test_blocks_are_taken_apart():
    block = (
        "A=1 python3 -m x --y 'a b' \\\n  --z  # why\ncd d && .venv/bin/python z.py | tee 'a\nb'\n"
    )
    assert list(split(block)) == [
        ("python", "-m", "x", "--y", "a b", "--z"),
        ("cd", "d"),
        ("python", "z.py"),
        ("tee", "a\nb"),
    ]


def test_make_is_there():
    assert shutil.which("make")
