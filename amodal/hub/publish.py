"""Publish a folder of own weights on the Hub, with a model card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, ModelCardData

from amodal.errors import AmodalError
from amodal.hub.answers import HUB_ERRORS, explain
from amodal.hub.download import check_folder
from amodal.hub.manifest import BUNDLED, FILE_NAME, Entry, Scores, dump_manifest, own_entries
from amodal.hub.remote import connect, parse_address

_CARD_NAME = "README.md"


@dataclass(frozen=True)
class Publication:
    """What goes to the Hub: name in the repo → a file here, or its text."""

    repo: str
    files: dict[str, Path | str]

    def __str__(self) -> str:
        """One line a file, then the model card."""
        lines = [f"To {self.repo}:"]
        for name, content in self.files.items():
            size = content.stat().st_size if isinstance(content, Path) else len(content.encode())
            lines.append(f"  {name}  {size:,} bytes")
        return "\n".join([*lines, "", str(self.files[_CARD_NAME])])


def prepare(repo: str, folder: Path = BUNDLED) -> Publication:
    """Verify a folder of own weights and write its model card. Sends nothing.

    Raises:
        AmodalError: `repo` is not OWNER/NAME, or the folder is not what its manifest says.
    """
    if parse_address(repo) is None or "@" in repo:
        raise AmodalError(f"--repo: got {repo!r}, expected OWNER/NAME such as me/amodal-vae.")
    check_folder(folder)
    entries = own_entries(folder / FILE_NAME)
    weights = {file.file: folder / file.file for entry in entries for file in entry.files}
    texts = {FILE_NAME: dump_manifest(entries), _CARD_NAME: model_card(repo, entries)}
    return Publication(repo, weights | texts)


def push(repo: str, *, folder: Path = BUNDLED, private: bool = False) -> str:
    """Create the repo if it is missing and send everything in one commit.

    The access token is the one of `hf auth login`, or HF_TOKEN.

    Args:
        repo: OWNER/NAME.
        folder: own weights with their manifest.json.
        private: visibility, if the repo is new.

    Returns:
        OWNER/NAME@COMMIT, as `fetch_own` takes it.

    Raises:
        AmodalError: the folder is wrong, or the Hub refuses or can't be reached.
    """
    publication = prepare(repo, folder)
    connection = connect()
    if connection.offline:
        raise AmodalError(f"{repo} can't be published in offline mode. Unset HF_HUB_OFFLINE.")
    endpoint = connection.endpoint
    api = HfApi(endpoint=endpoint)
    operations = [
        CommitOperationAdd(name, content if isinstance(content, Path) else content.encode())
        for name, content in publication.files.items()
    ]
    try:
        api.create_repo(repo, exist_ok=True, private=private or None)
        commit = api.create_commit(repo, operations, commit_message="Publish Amodal-VAE weights")
    except HUB_ERRORS as error:
        reason, remedy = explain(error, endpoint)
        raise AmodalError(f"{repo} can't be published: {reason}. {remedy}") from error
    except ValueError as error:  # the Hub's answer to a model card that it can't read
        raise AmodalError(f"{repo} can't be published: {error} Correct the manifest.") from error
    return f"{repo}@{commit.oid}"


def model_card(repo: str, entries: tuple[Entry, ...]) -> str:
    """README.md of the Hub repo: YAML front matter, what it is, how to load it, scores."""
    data = ModelCardData(
        license=entries[0].licence.lower(),
        library_name="amodal-vae",
        pipeline_tag="image-segmentation",
        tags=["amodal-completion", "instance-segmentation", "vae", "safetensors"],
    )
    sections = [part for entry in entries for part in _describe(entry)]
    return "\n".join(["---", data.to_yaml(), "---", "", _INTRODUCTION.format(repo=repo), *sections])


_INTRODUCTION = """# Amodal-VAE

Samples whole object shapes from their visible part: Variational Amodal Object Completion
(Ling et al., NeurIPS 2020), an open reference implementation.

Load it from a checkout of the project:

```python
from amodal import Pipeline

pipeline = Pipeline.load("{repo}")
```

or in the app: `python app.py --weights {repo}`. Every file is checked against the sha256 in
`manifest.json`; add `@COMMIT` to pin a version.
"""


def _describe(entry: Entry) -> Iterator[str]:
    yield f"## {entry.name}\n\n{entry.what}\n"
    facts = {
        "Licence": " ".join(filter(None, (entry.licence, entry.licence_note))),
        "Trained on": entry.trained_on,
        "Command": f"`{entry.command}`" if entry.command else "",
        "Time": entry.time,
    }
    yield "\n".join(f"* {name}: {fact}" for name, fact in facts.items() if fact) + "\n"
    yield "| file | what | bytes |\n|---|---|---|"
    yield "\n".join(f"| `{file.file}` | {file.what} | {file.size:,} |" for file in entry.files)
    yield from _tables(entry.scores)


def _tables(scores: Scores) -> Iterator[str]:
    for protocol, methods in scores.items():
        metrics = sorted({metric for values in methods.values() for metric in values})
        yield f"\n### Scores, protocol `{protocol}` (in %)\n"
        yield f"| method | {' | '.join(metrics)} |\n|---|{'---|' * len(metrics)}"
        for method, values in methods.items():
            cells = [f"{100 * values[m]:.1f}" if m in values else "" for m in metrics]
            yield f"| {method} | {' | '.join(cells)} |"
