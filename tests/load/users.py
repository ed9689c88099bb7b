"""A simulated user: opens something, completes, chooses, edits, downloads, and leaves.

Every answer is checked against the user's own photo. Half of the users open an example, half upload
a photo that nobody else has.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field

import httpx
import numpy as np
from PIL import Image

from tests.load.tab import Tab
from tests.wire import Refused

SIZE = 1280, 720  # of an uploaded photo, width and height
CAR, PERSON = (420, 300, 700, 470), (640, 250, 720, 520)  # x0, y0, x1, y1; the person is in front
STEPS = ("load the page", "open", "lift", "complete", "choose", "edit", "download")


@dataclass
class Log:
    """What happened, of all users together.

    Args:
        seconds: of each step, by its name.
        refused: the app's polite refusals.
        wrong: what must never happen: errors, and answers about another's photo.
        waited: how many answers told a queue position above the first.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    waited: int = 0


@dataclass(frozen=True)
class Street:
    """A photo that nobody else has: a plain ground of its own colour, a car and a person.

    Args:
        number: the user's.
    """

    number: int

    @property
    def ground(self) -> tuple[int, int, int]:
        rng = random.Random(self.number)
        return tuple(rng.randrange(60, 200) for _ in range(3))

    @property
    def name(self) -> str:
        return f"street {self.number}"

    def pixels(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        width, height = SIZE
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = self.ground
        picture[::7] = np.clip(picture[::7].astype(int) + 9, 0, 255)
        for (x0, y0, x1, y1), colour in ((CAR, (180, 30, 30)), (PERSON, (30, 40, 190))):
            picture[y0:y1, x0:x1] = colour
        return picture

    def png(self) -> bytes:
        out = io.BytesIO()
        Image.fromarray(self.pixels()).save(out, "PNG", compress_level=1)
        return out.getvalue()

    def masks(self) -> bytes:
        """COCO-style JSON of its two objects."""

        def corners(x0: int, y0: int, x1: int, y1: int) -> list[list[int]]:
            return [[x0, y0, x1, y0, x1, y1, x0, y1]]

        left = (*CAR[:2], PERSON[0], CAR[3])
        things = (("car", left), ("person", PERSON))
        return json.dumps(
            {
                "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "person"}],
                "annotations": [
                    {"id": k, "category_id": k, "segmentation": corners(*box)}
                    for k, (_, box) in enumerate(things, 1)
                ],
            }
        ).encode()


class User:
    """One user's visit.

    Args:
        http: the connection that all users share.
        number: of the user; odd ones upload a photo.
        pause: mean seconds between two steps, as a person who looks needs them; 0 is none.
        log: where it all is written.
    """

    def __init__(self, http: httpx.AsyncClient, number: int, pause: float, log: Log) -> None:
        self.tab = Tab(http)
        self.random = random.Random(number)
        self.number, self.pause, self.log = number, pause, log

    async def visit(self) -> None:
        """All steps once. Whatever goes wrong is written down."""
        try:
            await self._timed("load the page", self._load())
            if self.number % 2:
                await self._upload()
            else:
                await self._example()
        except Refused as refusal:
            self.log.refused.append(str(refusal))
        except Exception as error:
            self.log.wrong.append(f"user {self.number}: {type(error).__name__}: {error}")
        finally:
            await self.tab.close()

    async def _load(self) -> None:
        await self.tab.open()
        await self.tab.event("came")
        await self._event("open_first")

    async def _example(self) -> None:
        index = self.random.randrange(3)
        stage = await self._timed(
            "open", self._event("open_example", data={"index": index, "value": None})
        )
        title = stage["alt"]
        photo = await self._picture(stage["photo"])
        await self._work(title, photo)

    async def _upload(self) -> None:
        street = Street(self.number)

        async def opened() -> dict:
            file = await self.tab.upload(f"{street.name}.png", street.png())
            await self._event("open_photo", file)
            masks = await self.tab.upload("masks.json", street.masks())
            return await self._event("import_masks", [masks])

        stage = await self._timed("open", opened())
        await self._work(f"{street.name}: 2 objects", street.pixels(), stage)

    async def _work(self, title: str, photo: np.ndarray, stage: dict | None = None) -> None:
        if stage is not None:
            self._check(stage["alt"] == title, f"opened {title!r}, got {stage['alt']!r}")
            self._check(_alike(await self._picture(stage["photo"]), photo), "another's photo")
        await self._timed("lift", self._event("lift"))
        stage = await self._timed("complete", self._gesture(0))
        self._check(stage["alt"] == title, f"has {title!r} open, got {stage['alt']!r}")
        self._check(len(stage["cloud"]) == 20, f"20 samples, got {len(stage['cloud'])}")
        await self._timed("choose", self._event("choose", data={"number": 3}))
        stage = await self._timed("edit", self._event("delete"))
        count = int(title.split(": ")[1].split()[0]) - 1
        wanted = f"{title.split(':')[0]}: {count} objects"
        self._check(stage["alt"] == wanted, f"expected {wanted!r}, got {stage['alt']!r}")
        edited = await self._timed("download", self._download())
        self._check(edited.shape == photo.shape, f"a picture of {photo.shape}, got {edited.shape}")
        if self.number % 2:
            self._check_street(edited, photo)
        else:
            self._check(_alike(edited, photo, 16), "the download is of another's photo")

    def _check_street(self, edited: np.ndarray, photo: np.ndarray) -> None:
        """The car has gone, and nothing else has changed."""
        same = (edited == photo).all(axis=2)
        x0, y0, x1, y1 = CAR
        self._check(not same[y0:y1, x0 : x0 + 100].any(), "the deleted car is still there")
        same[y0 - 80 : y1 + 80, x0 - 80 : x1 + 80] = True
        self._check(bool(same.all()), "a pixel far from the edit has changed")

    async def _gesture(self, index: int) -> dict:
        data = {"kind": "pick", "points": [], "index": index}
        return await self._event("gesture", "on", data=data)

    async def _download(self) -> np.ndarray:
        answer = await self.tab.event("save_picture")
        return await self._picture(answer.shown["save-link"])

    async def _event(self, name: str, *values: object, data: object = None) -> dict:
        """An event; what the stage shows then."""
        answer = await self.tab.event(name, *values, data=data)
        self.log.waited += bool(answer.rank)
        return answer.shown["stage"]

    async def _timed(self, step: str, work: object) -> object:
        if self.pause:
            await asyncio.sleep(self.random.expovariate(1 / self.pause))
        start = time.perf_counter()
        result = await work
        self.log.seconds[step].append(time.perf_counter() - start)
        return result

    async def _picture(self, file: dict) -> np.ndarray:
        with Image.open(io.BytesIO(await self.tab.fetch(file))) as image:
            return np.asarray(image.convert("RGB"))

    def _check(self, right: bool, what: str) -> None:
        if not right:
            self.log.wrong.append(f"user {self.number}: {what}")


def _alike(one: np.ndarray, other: np.ndarray, most: float = 4) -> bool:
    """Whether two pictures are the same but for JPEG's losses, or for an edit."""
    return one.shape == other.shape and np.abs(one.astype(int) - other).mean() < most
