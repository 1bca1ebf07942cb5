/** A select that one can type into: one choice or several, from a list or from what the app answers. */

import { h, icon, newId } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { place } from "./popup.js";

const PAUSE = 180;

/**
 * `search(query)` returns `{groups: [{label?, options}]}`, `{note}`, a sentence in place of options, or `{ask}`,
 * a function that gets one of the two once nobody types any more.
 * `selected` are the options chosen at first; `onchange` gets them after every change.
 */
export class Combobox {
  constructor({
    id,
    search,
    selected,
    multiple,
    max,
    placeholder,
    describedBy,
    focusName,
    label,
    clearable,
    onchange,
  }) {
    Object.assign(this, {
      search,
      selected,
      multiple,
      max,
      clearable,
      onchange,
      options: [],
      active: -1,
      turn: 0,
    });
    this.listId = newId();
    this.input = h("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.listId,
      "aria-describedby": describedBy,
      "aria-label": label,
      "data-focus": focusName,
      placeholder,
      oninput: () => this.open(this.input.value),
      onclick: () => this.isOpen || this.open(""),
      onkeydown: (event) => this.key(event),
      onblur: () => this.close(),
    });
    this.placeholder = placeholder ?? "";
    this.list = h("div", { class: "popup", id: this.listId, role: "listbox", popover: "manual" });
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.chips = h("span", { class: "chips" });
    this.clear = h(
      "button",
      {
        type: "button",
        class: "clear",
        "aria-label": "Take the choice away",
        hidden: true,
        onclick: () => this.take([]),
      },
      icon("close"),
    );
    const arrow = h("span", { class: "arrow", "aria-hidden": "true" }, icon("down"));
    this.node = h("div", { class: "combobox" }, this.chips, this.input, this.clear, arrow, this.list);
    this.node.addEventListener("mousedown", (event) => event.target === this.node && this.focus(event));
    this.follow = () => place(this.list, this.node, { matchWidth: true });
    this.show();
  }

  get isOpen() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  focus(event) {
    event.preventDefault();
    this.input.focus();
    this.open("");
  }

  /** Show the choice that stands: its label, or a chip for each. */
  show() {
    const [only] = this.selected;
    if (!this.multiple) this.input.value = only ? plain(only.text) : "";
    this.input.placeholder = this.multiple && only ? "" : this.placeholder;
    this.clear.hidden = this.multiple || !this.clearable || !only;
    if (this.multiple) this.chips.replaceChildren(...this.selected.map((option) => this.chip(option)));
  }

  chip(option) {
    const words = plain(option.text);
    const without = () => this.take(this.selected.filter((one) => one.value !== option.value));
    return h(
      "span",
      { class: "chip" },
      words,
      h("button", { type: "button", "aria-label": `Take ${words} away`, onclick: without }, icon("close")),
    );
  }

  take(selected) {
    this.selected = selected;
    this.show();
    this.input.focus();
    this.onchange(selected);
  }

  /** Open the list for what was typed; the newest question wins. */
  async open(query) {
    if (!this.isOpen) {
      this.input.setAttribute("aria-expanded", "true");
      this.list.showPopover();
      this.follow();
      addEventListener("scroll", this.follow, true);
      addEventListener("resize", this.follow);
      if (!this.multiple && query === "") this.input.select();
    }
    this.turn += 1;
    const turn = this.turn;
    let found = this.search(query);
    if (found.ask) {
      this.say("Searching …", true);
      await new Promise((later) => setTimeout(later, PAUSE));
      if (turn !== this.turn) return;
      found = await found.ask();
    }
    if (turn === this.turn && this.isOpen) this.fill(found);
  }

  say(note, busy = false) {
    this.options = [];
    this.mark(-1);
    this.list.replaceChildren(h("p", { class: busy ? "note is-busy" : "note", role: "status" }, note));
  }

  fill({ groups = [], note = "" }) {
    this.options = [];
    if (note) {
      this.say(note);
      return;
    }
    this.list.replaceChildren(...groups.map((group) => this.group(group)));
    const chosen = this.options.findIndex(({ option }) => this.holds(option));
    this.mark(this.multiple ? 0 : Math.max(0, chosen));
    this.follow();
  }

  group({ label, options }) {
    const rows = options.map((option) => this.row(option));
    if (!label) return h("div", { role: "presentation" }, rows);
    const id = newId();
    return h(
      "div",
      { role: "group", "aria-labelledby": id },
      h("div", { class: "group-label", id }, label),
      rows,
    );
  }

  row(option) {
    const at = this.options.length;
    const node = h(
      "div",
      {
        class: "option",
        role: "option",
        id: newId(),
        "aria-selected": String(this.holds(option)),
        onclick: () => this.choose(at),
      },
      h("span", {}, plain(option.text)),
      option.description && h("small", {}, plain(option.description)),
    );
    this.options.push({ option, node });
    return node;
  }

  holds(option) {
    return this.selected.some((one) => one.value === option.value);
  }

  mark(at) {
    this.options[this.active]?.node.classList.remove("is-active");
    this.active = at;
    const marked = this.options[at]?.node;
    marked?.classList.add("is-active");
    marked?.scrollIntoView({ block: "nearest" });
    if (marked) this.input.setAttribute("aria-activedescendant", marked.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  choose(at) {
    const { option } = this.options[at];
    if (!this.multiple) {
      this.close();
      this.take([option]);
      return;
    }
    const others = this.selected.filter((one) => one.value !== option.value);
    if (others.length === this.selected.length && this.max && others.length >= this.max) {
      this.say(`Choose at most ${this.max}.`);
      return;
    }
    this.input.value = "";
    this.take(others.length < this.selected.length ? others : [...others, option]);
    this.close();
  }

  close() {
    this.turn += 1;
    if (!this.isOpen) return;
    this.input.setAttribute("aria-expanded", "false");
    this.list.hidePopover();
    this.mark(-1);
    removeEventListener("scroll", this.follow, true);
    removeEventListener("resize", this.follow);
    this.input.value = "";
    this.show();
  }

  key(event) {
    const count = this.options.length;
    const moves = { ArrowDown: this.active + 1, ArrowUp: this.active - 1 };
    if (event.key in moves) {
      event.preventDefault();
      if (!this.isOpen) this.open("");
      else if (count) this.mark((moves[event.key] + count) % count);
    } else if (event.key === "Enter" && this.isOpen) {
      event.preventDefault();
      if (count) this.choose(Math.max(0, this.active));
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && this.multiple && !this.input.value && this.selected.length) {
      this.take(this.selected.slice(0, -1));
    }
  }
}
