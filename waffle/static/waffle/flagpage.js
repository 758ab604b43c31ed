/* The usual percentages at hand, and the effect of a change without leaving the page. */
"use strict";

{
  function percentages(group) {
    const field = group.closest(".waffle-percent").querySelector("input");
    const told = group.parentElement.querySelector(".waffle-told");
    const everyone = document.getElementById("id_everyone");
    let before = null; // what everyone was before 100 percent

    function show() {
      const isEveryone = everyone?.value === "true";
      for (const button of group.children) {
        const isWhole = button.value === "100" && isEveryone;
        button.setAttribute("aria-pressed", String(isWhole || (!isEveryone && field.value !== "" && Number(field.value) === Number(button.value))));
      }
      const isSettled = everyone && everyone.value !== "unknown" && everyone.value !== "";
      told.textContent = before !== null ? group.dataset.waffleEveryone : isSettled ? group.dataset.waffleSettled : "";
    }

    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) {
        return;
      }
      if (button.value === "100" && everyone) {
        before ??= everyone.value;
        everyone.value = "true";
      } else {
        field.value = button.value;
        if (before !== null) {
          everyone.value = before;
          before = null;
        }
      }
      show();
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    field.addEventListener("input", show);
    everyone?.addEventListener("change", () => {
      before = null;
      show();
    });
    group.hidden = false;
    show();
  }

  function effects(section) {
    const form = section.closest("form");

    function hear() {
      const button = section.querySelector("[name=_effect]");
      button.addEventListener("click", (event) => {
        event.preventDefault();
        look(button);
      });
    }

    async function look(button) {
      const sent = new FormData(form);
      sent.set(button.name, button.value);
      const title = button.value; // a button's default value is its value
      button.disabled = true;
      button.value = button.dataset.waffleBusy;
      let found = null;
      try {
        const answer = await fetch(form.action, { method: "POST", body: sent });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        found = page.querySelector("#waffle-effect meter")?.closest("#waffle-effect") ?? null;
      } catch {
        // Sent as without a script, below: the browser says what is wrong.
      }
      if (found === null) {
        // Something is wrong with the form: let its page say so.
        const whole = document.createElement("input");
        whole.type = "hidden";
        whole.name = button.name;
        whole.value = "1";
        form.append(whole);
        form.submit();
        return;
      }
      // The region stays the same, so that its new words are read out.
      section.querySelector(".waffle-effect-body").replaceChildren(...found.querySelector(".waffle-effect-body").childNodes);
      fresh(true);
      button.disabled = false;
      button.value = title;
      button.focus();
    }

    function fresh(isFresh) {
      section.toggleAttribute("data-is-old", !isFresh);
      section.querySelector("[data-waffle-old]").hidden = isFresh;
    }

    hear();
    for (const kind of ["input", "change"]) {
      form.addEventListener(kind, () => {
        if (section.querySelector("meter")) {
          fresh(false);
        }
      });
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".waffle-quick").forEach(percentages);
    document.querySelectorAll("#waffle-effect").forEach(effects);
  });
}
