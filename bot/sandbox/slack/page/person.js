/** The list of people that one can be: chosen with the keyboard or the mouse, at once. */

import { h, icon } from "./dom.js";
import { avatar, standing } from "./people.js";
import { become, store } from "./state.js";

/** Open the list below the button that says who one is. */
export function openPersonList(anchor) {
  const people = store.people();
  let typed = "";
  let forget = 0;
  const rows = people.map((person) => row(person, () => choose(person)));
  const list = h(
    "div",
    { class: "person-list", role: "listbox", "aria-label": "Who you are", tabindex: "-1" },
    rows,
  );
  const close = (focus) => {
    list.remove();
    anchor.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
    if (focus) anchor.focus();
  };
  const outside = (event) => !list.contains(event.target) && !anchor.contains(event.target) && close(false);
  const choose = (person) => {
    close(true);
    if (person.id !== store.me) become(person.id);
  };
  const seek = (key) => {
    clearTimeout(forget);
    forget = setTimeout(() => {
      typed = "";
    }, 700);
    typed += key.toLowerCase();
    rows.find((_, at) => people[at].real_name.toLowerCase().startsWith(typed))?.focus();
  };
  list.addEventListener("keydown", (event) => {
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % rows.length, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) rows.at(to).focus();
    else if (event.key === "Enter" || event.key === " ") choose(people[at]);
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) seek(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  if (anchor.getAttribute("aria-expanded") === "true") return;
  anchor.after(list);
  anchor.setAttribute("aria-expanded", "true");
  addEventListener("pointerdown", outside, true);
  rows[people.findIndex((person) => person.id === store.me)]?.focus();
}

function row(person, onclick) {
  const mine = person.id === store.me;
  const note = standing(person);
  return h(
    "div",
    { class: "person-row", role: "option", tabindex: "-1", "aria-selected": String(mine), onclick },
    avatar(person.id),
    h(
      "span",
      { class: "person-words" },
      h("strong", {}, person.real_name, note && h("span", { class: "tag" }, note)),
      h("span", { class: "faint" }, person.title),
    ),
    mine && icon("check"),
  );
}
