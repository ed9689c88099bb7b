"""What all command lines share: how a user's mistake ends one. Imports no torch: some need none."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence

from amodal.errors import AmodalError

Main = Callable[[Sequence[str] | None], object]


def command(name: str) -> Callable[[Main], Callable[[Sequence[str] | None], int]]:
    """Decorate a main(arguments): the result returns an exit status.

    That is 0, or 2 after an AmodalError, which is explained in one line; of several processes
    (torchrun) the first explains it.
    """

    def decorate(main: Main) -> Callable[[Sequence[str] | None], int]:
        @functools.wraps(main)
        def run(arguments: Sequence[str] | None = None) -> int:
            try:
                main(arguments)
            except AmodalError as error:
                if os.environ.get("RANK", "0") == "0":
                    print(f"{name}: {' '.join(str(error).split())}", file=sys.stderr)
                return 2
            return 0

        return run

    return decorate
