/* Lets people search for whom a flag lists. Without this script its fields take keys, names, or a choice. */
"use strict";

{
  const SHORTEST = 1; // characters from which on it searches
  const PATIENCE = 200; // milliseconds after the last key

  let number = 0;

  // What is chosen, in a text field of keys with commas between them.
  class Keys {
    constructor(field) {
      this.field = field;
      this.names = JSON.parse(field.dataset.waffleNames);
    }

    entries() {
      const keys = this.field.value.split(",").map((key) => key.trim()).filter(Boolean);
      return keys.map((key) => [key, this.names[key] ?? key]);
    }

    add(key, name) {
      this.names[key] = name;
      const keys = this.entries().map((entry) => entry[0]);
      this.write(keys.includes(key) ? keys : [...keys, key]);
    }

    remove(key) {
      this.write(this.entries().map((entry) => entry[0]).filter((other) => other !== key));
    }

    write(keys) {
      this.field.value = keys.join(",");
    }

    watch() {}
  }

  // The same in a field of options.
  class Options {
    constructor(field) {
      this.field = field;
    }

    entries() {
      return [...this.field.selectedOptions].map((option) => [option.value, option.text]);
    }

    find(key) {
      return [...this.field.options].find((option) => option.value === key);
    }

    add(key, name) {
      const option = this.find(key) ?? this.field.appendChild(new Option(name, key));
      option.selected = true;
    }

    remove(key) {
      this.find(key).selected = false;
    }

    // Somebody new may come from another window.
    watch(changed) {
      new MutationObserver(changed).observe(this.field, { childList: true });
    }
  }

  // One user: a text field that takes a name, and a hidden one that takes the key.
  class One {
    constructor(field) {
      this.field = field;
      this.key = document.getElementById(field.dataset.waffleKey);
      field.addEventListener("input", () => (this.key.value = ""));
    }

    entries() {
      return [];
    }

    add(key, name) {
      this.field.value = name;
      this.key.value = key;
    }

    watch() {}
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  class Picker {
    constructor(field) {
      this.id = `waffle-picker-${++number}`;
      this.words = JSON.parse(field.dataset.waffleWords);
      this.address = field.dataset.waffleSearch;
      this.store = this.storeOf(field);
      this.isOne = this.store instanceof One;
      this.box = element("div", { class: "waffle-picker" });
      this.chosen = element("ul", { class: "waffle-chosen" });
      this.list = element("ul", { role: "listbox", id: `${this.id}-list`, hidden: "", "aria-label": this.words.search });
      this.told = element("div", { role: "status", class: "visually-hidden" });
      this.place(field);
      for (const [name, value] of Object.entries({
        role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
      })) {
        this.input.setAttribute(name, value);
      }
      this.input.addEventListener("input", () => this.wait());
      this.input.addEventListener("keydown", (event) => this.press(event));
      this.input.addEventListener("blur", () => this.close());
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
      this.store.watch(() => this.show());
      this.show();
    }

    storeOf(field) {
      if (field.dataset.waffleKey) {
        return new One(field);
      }
      return field.tagName === "SELECT" ? new Options(field) : new Keys(field);
    }

    // Put the search where the field was, which is still what is sent.
    place(field) {
      // The list of what is found hangs over what comes below.
      for (const around of [field.closest(".form-row"), field.closest(".module")]) {
        around?.classList.add("waffle-open");
      }
      if (this.isOne) {
        this.input = field;
        field.before(this.box);
        this.box.append(field, this.list, this.told);
        return;
      }
      this.input = element("input", { type: "text", id: `${this.id}-input`, class: "vTextField", placeholder: this.words.search });
      const described = field.getAttribute("aria-describedby");
      if (described) {
        this.input.setAttribute("aria-describedby", described);
      }
      for (const label of field.labels) {
        label.htmlFor = this.input.id;
      }
      this.box.append(this.chosen, this.input, this.list, this.told);
      field.before(this.box);
      field.hidden = true;
    }

    show() {
      const remove = (key) => {
        this.store.remove(key);
        this.show();
        this.input.focus();
        this.changed();
      };
      this.chosen.replaceChildren(
        ...this.store.entries().map(([key, name]) => {
          const button = element("button", { type: "button", "aria-label": this.words.remove.replace("%s", name) }, "×");
          button.addEventListener("click", () => remove(key));
          return element("li", {}, element("span", {}, name), button);
        }),
      );
    }

    // For whoever watches the form.
    changed() {
      this.store.field.dispatchEvent(new Event("change", { bubbles: true }));
    }

    wait() {
      clearTimeout(this.timer);
      const term = this.input.value.trim();
      if (term.length < SHORTEST) {
        this.close();
        return;
      }
      this.timer = setTimeout(() => this.search(term), PATIENCE);
    }

    async search(term) {
      this.request?.abort();
      this.request = new AbortController();
      try {
        const answer = await fetch(`${this.address}&term=${encodeURIComponent(term)}`, { signal: this.request.signal });
        const found = (await answer.json()).results;
        const taken = new Set(this.store.entries().map((entry) => entry[0]));
        this.open(found.filter((each) => !taken.has(each.id)));
      } catch (error) {
        if (error.name !== "AbortError") {
          this.close();
          this.told.textContent = this.words.failed;
        }
      }
    }

    open(found) {
      const options = found.map((each, index) => {
        const option = element("li", { role: "option", id: `${this.id}-${index}`, "aria-selected": "false", "data-key": each.id }, each.text);
        return option;
      });
      this.list.replaceChildren(...options);
      this.told.textContent = found.length ? this.words.found.replace("%s", found.length) : this.words.none;
      this.list.hidden = !found.length;
      this.input.setAttribute("aria-expanded", String(Boolean(found.length)));
      this.mark(0);
    }

    close() {
      clearTimeout(this.timer);
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    get active() {
      return this.list.hidden ? null : this.list.querySelector("[aria-selected=true]");
    }

    mark(index) {
      const options = [...this.list.children];
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
      if (options[index]) {
        this.input.setAttribute("aria-activedescendant", options[index].id);
        options[index].scrollIntoView({ block: "nearest" });
      }
    }

    choose(option) {
      if (!option) {
        return;
      }
      this.input.value = "";
      this.store.add(option.dataset.key, option.textContent);
      this.close();
      this.show();
      this.changed();
    }

    press(event) {
      const options = [...this.list.children];
      const at = options.indexOf(this.active);
      if (event.key === "Escape" && !this.list.hidden) {
        this.close();
      } else if (event.key === "Enter" && this.active) {
        this.choose(this.active);
      } else if (event.key === "ArrowDown" && at >= 0) {
        this.mark((at + 1) % options.length);
      } else if (event.key === "ArrowUp" && at >= 0) {
        this.mark((at - 1 + options.length) % options.length);
      } else if (event.key === "Enter" && !this.isOne && this.input.value.trim()) {
        this.search(this.input.value.trim()); // not the form: somebody is still searching
      } else {
        return;
      }
      event.preventDefault();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("[data-waffle-needs-script]")) {
      form.hidden = false;
    }
    for (const field of document.querySelectorAll("[data-waffle-search]")) {
      // More names than the page has brought are left as they are.
      if (field.tagName === "SELECT" || field.dataset.waffleNames || field.dataset.waffleKey) {
        new Picker(field);
      }
    }
  });
}
