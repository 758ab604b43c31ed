/* Flips in place: the list stays as it is, and only the row and the message change.

   Without this script, and wherever the answer is another page than the list, the browser sends the form. */

"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("waffle-flips");
  const content = document.getElementById("content");
  if (!form || !content) {
    return;
  }

  // It is there before its first message, or screen readers would not read that.
  const told = document.createElement("div");
  told.className = "waffle-told-here";
  told.setAttribute("role", "status");
  content.before(told);

  const rowOf = (page, address) =>
    [...page.querySelectorAll("#result_list button[formaction]")]
      .find((button) => button.getAttribute("formaction") === address)
      ?.closest("tr");

  const tell = (page) => {
    document.querySelectorAll(".messagelist").forEach((list) => list.remove());
    told.replaceChildren(...page.querySelectorAll(".messagelist"));
  };

  const show = (row, fresh) => {
    // The box to tick stays: the script of actions holds on to it.
    const cells = [...fresh.children].filter((cell) => !cell.classList.contains("action-checkbox"));
    [...row.children].forEach((cell) => {
      if (!cell.classList.contains("action-checkbox")) {
        cell.replaceWith(cells.shift() ?? "");
      }
    });
    row.querySelector(".waffle-flip button")?.focus({ preventScroll: true });
  };

  const send = (button) => {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: button.name, value: button.value });
    form.append(field);
    form.action = button.formAction;
    form.submit();
  };

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button) {
      return;
    }
    event.preventDefault();
    const sent = new FormData(form);
    sent.append(button.name, button.value);
    try {
      const response = await fetch(button.formAction, { method: "POST", body: sent });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!response.ok || !page.getElementById("waffle-flips")) {
        send(button);
        return;
      }
      const row = button.closest("tr");
      const fresh = rowOf(page, button.getAttribute("formaction"));
      tell(page);
      if (fresh) {
        show(row, fresh);
      } else {
        row.remove(); // it is gone, or not what the list is filtered by any more
      }
    } catch {
      send(button);
    }
  });
});
