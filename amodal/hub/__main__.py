"""python -m amodal.hub push --repo OWNER/NAME    publish own weights
python -m amodal.hub fetch mi-gan mobile-sam     download third-party weights ahead of time
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from amodal.command import command
from amodal.hub.download import fetch
from amodal.hub.manifest import BUNDLED, FILE_NAME, read_manifest
from amodal.hub.publish import prepare, push


@command("amodal.hub")
def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m amodal.hub")
    commands = parser.add_subparsers(required=True)

    pushing = commands.add_parser("push", help="publish own weights and a model card")
    pushing.add_argument("--repo", required=True, metavar="OWNER/NAME")
    pushing.add_argument("--folder", type=Path, default=BUNDLED, help="default: %(default)s")
    pushing.add_argument("--private", action="store_true", help="if the repo is new")
    pushing.add_argument("--dry-run", action="store_true", help="show what would go, send nothing")
    pushing.set_defaults(run=_push)

    names = [entry.name for entry in read_manifest(BUNDLED / FILE_NAME) if not entry.is_own]
    fetching = commands.add_parser("fetch", help="download third-party weights into the cache")
    fetching.add_argument("names", nargs="+", choices=names)
    fetching.add_argument("--offline", action="store_true", help="use the cache only")
    fetching.set_defaults(run=_fetch)
    return parser


def _push(options: argparse.Namespace) -> None:
    if options.dry_run:
        print(prepare(options.repo, options.folder))
    else:
        published = push(options.repo, folder=options.folder, private=options.private)
        print(f"Published. Load it with --weights {published}")


def _fetch(options: argparse.Namespace) -> None:
    for name in options.names:
        print(fetch(name, offline=options.offline))


if __name__ == "__main__":
    sys.exit(main())
