"""What a visitor works a page with: a mouse, or a keyboard alone; and with or without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

FURTHEST = 150  # what is reached by no more presses of Tab than that can be reached

IS_FOCUSED = "element => element === document.activeElement"


class Mouse:
    """Points and clicks."""

    def press(self, place: Locator) -> None:
        """Press a button or a link, or tick a box."""
        place.click()

    def write(self, place: Locator, text: str) -> None:
        """Fill in a field."""
        place.click()
        place.fill(text)

    def choose(self, place: Locator, label: str) -> None:
        """Choose an option of a field."""
        place.select_option(label=label)

    def pick(self, place: Locator) -> None:
        """Pick one of several round buttons."""
        place.click()

    def seek(self, place: Locator, text: str) -> None:
        """Type what is to be found, and choose the first of it."""
        self.write(place, "")
        place.press_sequentially(text)
        place.page.get_by_role("option", name=text).first.click()


class Keyboard:
    """Goes by Tab to all that it uses; what is not on that way cannot be used."""

    def press(self, place: Locator) -> None:
        """Press a button or a link, or tick a box."""
        self.go_to(place)
        is_box = place.get_attribute("type") == "checkbox"
        place.page.keyboard.press("Space" if is_box else "Enter")

    def write(self, place: Locator, text: str) -> None:
        """Fill in a field."""
        self.go_to(place)
        place.page.keyboard.press("Control+a")
        place.page.keyboard.press("Delete")
        place.page.keyboard.type(text)

    def choose(self, place: Locator, label: str) -> None:
        """Choose an option of a field, by its first letters."""
        self.go_to(place)
        place.page.keyboard.type(label)

    def pick(self, place: Locator) -> None:
        """Pick one of several round buttons: Tab goes to the one that is picked, arrows to the others."""
        group = place.get_attribute("name")
        self.go_to(place.page.locator(f'[name="{group}"]:checked'))
        element = place.element_handle()
        for _ in range(FURTHEST):
            if element.evaluate(IS_FOCUSED):
                return
            place.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{place} cannot be reached by arrows.")

    def seek(self, place: Locator, text: str) -> None:
        """Type what is to be found, and choose the first of it."""
        self.write(place, text)
        expect(place.page.get_by_role("option", name=text).first).to_be_visible()
        place.page.keyboard.press("Enter")

    def go_to(self, place: Locator) -> None:
        """Press Tab until `place` has the focus."""
        expect(place).to_be_visible()
        element = place.element_handle()
        for _ in range(FURTHEST):
            if element.evaluate(IS_FOCUSED):
                return
            place.page.keyboard.press("Tab")
        raise AssertionError(f"{place} cannot be reached by Tab.")


Hand = Mouse | Keyboard

each_hand = pytest.mark.parametrize("hand", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
with_and_without_scripts = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
