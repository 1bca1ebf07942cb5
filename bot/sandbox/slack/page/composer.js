/** Where one writes: messages, slash commands with their completion, and mentions. */

import { post, sentence } from "./api.js";
import { h, iconButton, newId } from "./dom.js";
import { avatar } from "./people.js";
import { store } from "./state.js";

const drafts = new Map();

/** A composer. `place()` returns `{channel, thread}` of where it writes. */
export class Composer {
  constructor(place) {
    this.place = place;
    this.choices = [];
    this.active = 0;
    const listId = newId();
    this.list = h("div", {
      class: "completion",
      id: listId,
      role: "listbox",
      "aria-label": "Completions",
      hidden: true,
    });
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.hint = h("p", { class: "composer-hint" });
    this.error = h("p", { class: "composer-error", role: "alert" });
    this.field = h("textarea", {
      rows: 1,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": listId,
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onblur: () => this.complete([]),
    });
    this.button = iconButton("send", "Send", () => this.send());
    this.button.classList.add("send");
    this.node = h(
      "div",
      { class: "composer" },
      this.list,
      this.error,
      h("div", { class: "composer-box" }, this.field, this.button),
      this.hint,
    );
  }

  get draftKey() {
    const { channel, thread } = this.place();
    return `${store.me}/${channel}/${thread}`;
  }

  /** Show the draft of the present place under its name. */
  moved(label) {
    this.field.placeholder = label;
    this.field.setAttribute("aria-label", label);
    this.field.value = drafts.get(this.draftKey) ?? "";
    this.say("");
    this.typed();
    this.complete([]);
  }

  say(error) {
    this.error.textContent = error;
  }

  typed() {
    drafts.set(this.draftKey, this.field.value);
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 200)}px`;
    this.button.disabled = !this.field.value.trim();
    this.complete(this.completions());
    const command = store.commands.find((one) => this.field.value.startsWith(`${one.command} `));
    this.hint.replaceChildren(
      ...(command?.usage_hint ? [h("code", {}, command.command), ` ${command.usage_hint}`] : []),
    );
  }

  completions() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    if (/^\/\S*$/.test(this.field.value) && !this.place().thread) return commandsLike(before);
    const mention = /(?:^|\s)@([\p{L}. ]{0,20})$/u.exec(before);
    return mention ? peopleLike(mention[1]) : [];
  }

  complete(choices) {
    this.choices = choices;
    this.active = 0;
    this.list.replaceChildren(...choices.map((choice, at) => this.row(choice, at)));
    this.list.hidden = !choices.length;
    this.field.setAttribute("aria-expanded", String(choices.length > 0));
    this.mark(0);
  }

  row(choice, at) {
    return h(
      "div",
      { class: "option", role: "option", id: newId(), onclick: () => this.take(at) },
      choice.drawn,
    );
  }

  mark(at) {
    this.active = at;
    [...this.list.children].forEach((row, place) => {
      row.classList.toggle("is-active", place === at);
      row.setAttribute("aria-selected", String(place === at));
    });
    const row = this.list.children[at];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.field.setAttribute("aria-activedescendant", row.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  take(at) {
    const { from, inserted } = this.choices[at];
    const caret = this.field.selectionStart;
    const start = this.field.value.lastIndexOf(from, caret - 1);
    this.field.setRangeText(inserted, start, caret, "end");
    this.field.focus();
    this.typed();
    this.complete([]);
  }

  key(event) {
    const { length } = this.choices;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (length && move && !event.altKey) {
      event.preventDefault();
      this.mark((this.active + move + length) % length);
    } else if (length && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.complete([]);
    } else if (length && (event.key === "Tab" || (event.key === "Enter" && !this.isWhole()))) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
  }

  /** Whether what was typed is a whole command already, so that Enter sends it. */
  isWhole() {
    return store.commands.some((one) => one.command === this.field.value.trim());
  }

  async send() {
    const text = this.field.value.trim();
    const { channel, thread } = this.place();
    if (!text || this.field.readOnly) return;
    if (text.startsWith("/") && thread) {
      this.say("Commands do not work in threads. Type it below the channel, or use the message's menu.");
      return;
    }
    this.complete([]);
    this.busy(true);
    const outcome = text.startsWith("/") ? await runCommand(channel, text) : await say(channel, thread, text);
    this.busy(false);
    this.say(outcome.ok ? "" : sentence(outcome));
    if (!outcome.ok) return;
    this.field.value = "";
    this.typed();
  }

  busy(on) {
    this.field.readOnly = on;
    this.button.disabled = on;
    this.button.toggleAttribute("aria-busy", on);
  }
}

function runCommand(channel, text) {
  const [, command, rest] = /^(\S+)\s*([\s\S]*)$/.exec(text);
  return post("command", { as: store.me, channel, command, text: rest });
}

function say(channel, thread, text) {
  let written = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  for (const user of store.users.values())
    written = written.replaceAll(`@${user.real_name}`, `<@${user.id}>`);
  return post("say", { as: store.me, channel, text: written, thread_ts: thread || undefined });
}

function commandsLike(typed) {
  return store.commands
    .filter((one) => one.command.startsWith(typed.toLowerCase()))
    .map((one) => ({
      from: "/",
      inserted: `${one.command} `,
      drawn: [
        h(
          "span",
          { class: "command" },
          h("strong", {}, one.command),
          h("span", { class: "usage" }, one.usage_hint),
        ),
        h("small", {}, one.description),
      ],
    }));
}

function peopleLike(typed) {
  const wanted = typed.toLowerCase();
  return [...store.users.values()]
    .filter(
      (user) =>
        !user.deleted &&
        user.real_name.toLowerCase().includes(wanted) &&
        user.real_name.toLowerCase() !== wanted.trim(),
    )
    .slice(0, 6)
    .map((user) => ({
      from: "@",
      inserted: `@${user.real_name} `,
      drawn: [
        h("span", { class: "person" }, avatar(user.id, "tiny"), user.real_name),
        h("small", {}, user.title),
      ],
    }));
}
