"""A unit of work: within it no toggle changes, unless the work changes it itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from asgiref.sync import sync_to_async

from waffle import pins, store, unsettled
from waffle.pins import Pin


def begin() -> Pin:
    """Hold every toggle still from here on; the pin is for `end`."""
    pin = pins.enter()
    try:
        store.look_ahead(pin)
    except BaseException:
        pins.leave(pin)
        raise
    return pin


def end(pin: Pin) -> None:
    """End what `begin` began."""
    try:
        if unsettled.waiting:
            unsettled.settle_all()
    finally:
        pins.leave(pin)


@contextmanager
def pinned() -> Iterator[None]:
    """Hold every toggle still within the block, as `WaffleMiddleware` does within a request.

    Open it around a task or one round of a loop, and outside of `transaction.atomic()`: what is due to be
    read is read here. In a coroutine use `apinned`.
    """
    store.refuse_in_event_loop("async with waffle.apinned()")
    pin = begin()
    try:
        yield
    finally:
        end(pin)


@asynccontextmanager
async def apinned() -> AsyncIterator[None]:
    """Do what `pinned` does, in a coroutine; within the block plain checks of switches and samples work too.

    So do plain checks of flags that need nothing more of the database: for others there are the async twins.
    """
    pin = pins.enter()
    try:
        if not store.keep_full_at_once(pin):
            await sync_to_async(store.keep_full)(pin)
        yield
    finally:
        try:
            if unsettled.waiting:
                await sync_to_async(unsettled.settle_all)()
        finally:
            pins.leave(pin)
