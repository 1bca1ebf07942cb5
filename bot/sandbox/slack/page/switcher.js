/** The way to anywhere: type a channel's or a person's name and press Enter. */

import { h, newId } from "./dom.js";
import { avatar } from "./people.js";
import { become, go, HOME, openDm, store } from "./state.js";

let rows = [];
let active = 0;
const listId = newId();
const field = h("input", {
  type: "text",
  role: "combobox",
  autocomplete: "off",
  placeholder: "A channel, or whom to be",
  "aria-label": "Go anywhere",
  "aria-expanded": "true",
  "aria-controls": listId,
  oninput: () => draw(),
  onkeydown: (event) => key(event),
});
const list = h("div", { class: "switcher-list", id: listId, role: "listbox" });
const dialog = h(
  "dialog",
  {
    class: "modal is-switcher",
    "aria-label": "Go anywhere",
    onclick: (event) => event.target === dialog && dialog.close(),
  },
  field,
  list,
);

/** Open it. */
export function openSwitcher() {
  if (document.querySelector("dialog[open]")) return;
  if (!dialog.isConnected) document.body.append(dialog);
  field.value = "";
  dialog.showModal();
  draw();
}

function everywhere() {
  const channels = store.channels.filter((channel) => channel.kind === "channel");
  return [
    ...channels.map((channel) => ({
      name: channel.name,
      note: channel.topic,
      picture: h("span", { class: "hash" }, "#"),
      run: () => go({ channel: channel.id, thread: "" }),
    })),
    { name: "Makegood", note: "Direct messages", picture: avatar(store.bot()?.id, "tiny"), run: openDm },
    {
      name: "Makegood's Home",
      note: "What waits for you",
      picture: avatar(store.bot()?.id, "tiny"),
      run: () => go({ channel: HOME, thread: "" }),
    },
    ...store
      .people()
      .filter((person) => person.id !== store.me)
      .map((person) => ({
        name: `Be ${person.real_name}`,
        note: person.title,
        picture: avatar(person.id, "tiny"),
        run: () => become(person.id),
      })),
  ];
}

function draw() {
  const wanted = field.value.trim().toLowerCase();
  const found = everywhere().filter(({ name, note }) => `${name} ${note}`.toLowerCase().includes(wanted));
  rows = found.map((place) => {
    const run = () => {
      dialog.close();
      place.run();
    };
    return h(
      "div",
      { class: "option", role: "option", id: newId(), onclick: run },
      h("span", { class: "person" }, place.picture, place.name),
      h("small", {}, place.note),
    );
  });
  list.replaceChildren(...(rows.length ? rows : [h("p", { class: "note" }, "Nothing here has that name.")]));
  mark(0);
}

function mark(at) {
  active = at;
  rows.forEach((row, place) => {
    row.classList.toggle("is-active", place === at);
    row.setAttribute("aria-selected", String(place === at));
  });
  rows[at]?.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", rows[at]?.id ?? "");
}

function key(event) {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (move && rows.length) mark((active + move + rows.length) % rows.length);
  else if (event.key === "Enter") rows[active]?.click();
  else return;
  event.preventDefault();
}
