/** The story: what happens outside Slack at the push of a button, the sandbox's time, and a tab for the mail. */

import { get, post } from "./api.js";
import { h, icon, iconButton, newId, reconcile } from "./dom.js";
import { drawMail, letter, mailList } from "./mail.js";
import { on, setClock, tell } from "./state.js";
import { clockSentence, now, utcTime } from "./times.js";

const OPEN = "larkspur.story";
const KEPT = 3;
const POLL = 3000;
const pane = document.getElementById("story");
const clock = h("p", { class: "story-clock" });
const acts = h("div", { class: "acts" });
const said = h("ol", { class: "said", "aria-live": "polite" });
const count = h("span", { class: "badge", hidden: true });
const choices = new Map();
let mail = 0;
let seen = null;
let poll = 0;

const sections = {
  acts: h(
    "div",
    { class: "pane-scroll", role: "tabpanel", "aria-label": "What happens outside" },
    acts,
    said,
  ),
  mail: h(
    "div",
    { class: "pane-scroll", role: "tabpanel", "aria-label": "Mail that went out", hidden: true },
    mailList,
    letter,
  ),
};
const tabs = {
  acts: h(
    "button",
    { type: "button", role: "tab", class: "tab", onclick: () => show("acts") },
    "Make it happen",
  ),
  mail: h(
    "button",
    { type: "button", role: "tab", class: "tab", onclick: () => show("mail") },
    "Mail that went out ",
    count,
  ),
};
const toggle = h(
  "button",
  {
    type: "button",
    class: "button is-quiet story-toggle",
    "aria-expanded": "false",
    onclick: () => setOpen(pane.hidden),
  },
  icon("story"),
  h("span", {}, "Story"),
);

/** Build the panel and return the button that opens it. */
export function startStory() {
  pane.append(
    h(
      "header",
      { class: "pane-head" },
      h("h2", {}, "Story"),
      iconButton("close", "Close the story", () => setOpen(false)),
    ),
    clock,
    h("div", { class: "tabs", role: "tablist" }, Object.values(tabs)),
    ...Object.values(sections),
  );
  show("acts");
  on("clock", drawClock);
  on("clock happened", soon);
  setInterval(drawClock, 10_000);
  reveal(localStorage.getItem(OPEN) !== "closed" && matchMedia("(min-width: 1180px)").matches);
  return toggle;
}

/** Close the panel where it is open. */
export function closeStory() {
  if (!pane.hidden) setOpen(false);
}

/** Open or close it because somebody asked for that, and remember it. */
function setOpen(open) {
  reveal(open);
  localStorage.setItem(OPEN, open ? "open" : "closed");
  (open ? pane.querySelector("button") : toggle).focus();
}

function reveal(open) {
  pane.hidden = !open;
  toggle.setAttribute("aria-expanded", String(open));
  clearInterval(poll);
  if (open) poll = setInterval(refresh, POLL);
  refresh();
}

function show(name) {
  for (const [key, section] of Object.entries(sections)) {
    section.hidden = key !== name;
    tabs[key].setAttribute("aria-selected", String(key === name));
  }
  if (name === "mail") seen = mail;
  drawCount();
}

let later = 0;
function soon() {
  clearTimeout(later);
  later = setTimeout(refresh, 400);
}

async function refresh() {
  const panel = await get("panel").catch(() => null);
  if (!panel) return;
  setClockGently(panel.now);
  drawActs(panel.acts);
  drawMail(panel.mail);
  mail = panel.mail.length;
  if (!sections.mail.hidden || seen === null) seen = mail;
  drawCount();
}

/** Follow the sandbox's clock where it really jumped, not for the time that the answer took. */
function setClockGently(iso) {
  if (Math.abs(Date.parse(iso) - now()) > 2000) setClock(iso);
}

function drawClock() {
  clock.replaceChildren(icon("clock"), clockSentence());
}

function drawCount() {
  const fresh = seen === null ? 0 : mail - seen;
  count.hidden = fresh < 1;
  count.textContent = String(fresh);
  toggle.classList.toggle("has-news", fresh > 0 && pane.hidden);
}

function drawActs(found) {
  reconcile(
    acts,
    found.length
      ? found.map((act) => ({ key: act.id, signature: JSON.stringify(act), make: () => drawAct(act) }))
      : [
          {
            key: "none",
            signature: "",
            make: () => h("p", { class: "note" }, "This sandbox has no story to play."),
          },
        ],
  );
}

function drawAct(act) {
  const fields = act.fields.map((field) => drawField(act, field));
  const button = h(
    "button",
    { type: "submit", class: "button is-small", "data-focus": `act-${act.id}` },
    "Make it happen",
  );
  const run = async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    const values = Object.fromEntries(fields.map(({ id, control }) => [id, control.value]));
    const outcome = await post("panel", { act: act.id, values });
    button.disabled = false;
    await refresh();
    if (outcome.said) tellWhatHappened(outcome.said);
    else tell("trouble", `That did not work: ${outcome.error}.`);
  };
  return h(
    "form",
    { class: "act", onsubmit: run },
    h("h3", {}, act.label),
    h("p", { class: "faint" }, act.help),
    fields.map(({ node }) => node),
    button,
  );
}

function drawField(act, field) {
  const id = newId();
  const key = `${act.id}/${field.id}`;
  const control = field.options
    ? h(
        "select",
        { id, "data-focus": key },
        field.options.map((one) => h("option", { value: one.value ?? one }, one.label ?? readable(one))),
      )
    : h("input", { id, type: "text", "data-focus": key });
  const offered = field.options?.map((one) => one.value ?? one);
  if (choices.has(key) && (!offered || offered.includes(choices.get(key)))) control.value = choices.get(key);
  control.addEventListener("input", () => choices.set(key, control.value));
  return {
    id: field.id,
    control,
    node: h("div", { class: "act-field" }, h("label", { for: id }, field.label), control),
  };
}

/** Write a value such as `product_not_received` in words; an id stays as it is. */
function readable(value) {
  return /^[a-z]+(_[a-z]+)*$/.test(value) ? value.replaceAll("_", " ") : value;
}

function tellWhatHappened(words) {
  said.prepend(h("li", {}, h("time", {}, utcTime(now())), " ", words));
  while (said.children.length > KEPT) said.lastElementChild.remove();
}
