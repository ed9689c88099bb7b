"""What is made once of values that never change."""

from __future__ import annotations

import gc
import threading
import time

import numpy as np
import pytest

from demo.once import Once


def test_each_value_is_looked_at_once_though_values_may_be_equal() -> None:
    seen: list[int] = []

    def make(array: np.ndarray) -> int:
        seen.append(1)
        return int(array.sum())

    once, one, other = Once(make), np.ones(3), np.ones(3)
    assert [once(one), once(one), once(other), once(one)] == [3, 3, 3, 3]
    assert len(seen) == 2


def test_who_asks_meanwhile_waits_and_gets_the_same() -> None:
    began = threading.Barrier(4)
    made: list[object] = []

    def make(array: np.ndarray) -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    once, value, got = Once(make), np.ones(3), []

    def ask() -> None:
        began.wait()
        got.append(once(value))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == made * 4


def test_nothing_is_kept_of_a_value_that_is_gone() -> None:
    once = Once(lambda array: array.tobytes())
    for number in range(50):
        assert once(np.full(4, number)) == np.full(4, number).tobytes()
    gc.collect()
    assert len(once) == 0


def test_what_failed_is_tried_again() -> None:
    answers = iter([ValueError("not now"), 7])

    def make(array: np.ndarray) -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    once, value = Once(make), np.ones(3)
    with pytest.raises(ValueError, match="not now"):
        once(value)
    assert once(value) == 7
