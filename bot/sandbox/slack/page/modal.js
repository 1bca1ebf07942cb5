/** The app's modals: a real dialogue for the view on top, redrawn in place, sent and closed. */

import { post, sentence } from "./api.js";
import { drawBlocks, showErrors } from "./blocks.js";
import { h, iconButton } from "./dom.js";
import { on, store } from "./state.js";
import { Surface } from "./surface.js";

const FIELD = "input, textarea, select";

const surfaces = new Map();
let shown = { id: "", hash: "" };
let sending = "";

const title = h("h2", { id: "modal-title" });
const depth = h("p", { class: "modal-depth" });
const body = h("div", { class: "modal-body" });
const alarm = h("p", { class: "modal-alarm", role: "alert" });
const closeButton = h("button", { type: "button", class: "button", onclick: () => closeTop() });
const submitButton = h("button", { type: "submit", class: "button is-primary" });
const form = h(
  "form",
  { novalidate: true, onsubmit: (event) => submit(event) },
  h(
    "header",
    { class: "modal-head" },
    h("div", {}, depth, title),
    iconButton("close", "Close", () => closeTop()),
  ),
  body,
  alarm,
  h("footer", { class: "modal-foot" }, closeButton, submitButton),
);
const dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title" }, form);

/** Put the dialogue into the page, closed. */
export function startModals() {
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeTop();
  });
  on("modals", draw);
}

function top() {
  return store.modals.at(-1);
}

function draw() {
  const view = top();
  for (const id of surfaces.keys()) {
    if (!store.modals.some((one) => one.id === id)) surfaces.delete(id);
  }
  if (!view) {
    shown = { id: "", hash: "" };
    dialog.close();
    return;
  }
  if (view.hash === shown.hash && view.id === shown.id) return;
  const other = view.id !== shown.id;
  settled();
  shown = { id: view.id, hash: view.hash };
  const surface = surfaceOf(view);
  surface.adopt(view.blocks, view.state.values);
  if (other) body.replaceChildren();
  drawFrame(view);
  drawBlocks(body, view.blocks, surface);
  if (!dialog.open) dialog.showModal();
  if (other) body.scrollTop = 0;
  if (!body.contains(document.activeElement)) focusFirst(view);
}

function surfaceOf(view) {
  if (!surfaces.has(view.id)) {
    const surface = new Surface({ view_id: view.id }, complain);
    surface.onchange = () => showErrors(body, surface);
    surfaces.set(view.id, surface);
  }
  return surfaces.get(view.id);
}

function drawFrame(view) {
  title.textContent = view.title.text;
  depth.textContent = store.modals.length > 1 ? `On top of “${store.modals.at(-2).title.text}”` : "";
  closeButton.textContent = view.close?.text ?? "Cancel";
  submitButton.textContent = view.submit?.text ?? "";
  submitButton.hidden = !view.submit;
  complain("");
}

function complain(said) {
  alarm.textContent = said;
}

function focusFirst(view) {
  const wanted = view.blocks.find((block) => block.element?.focus_on_load);
  const field = wanted && [...body.children].find((node) => node.dataset.key === wanted.block_id);
  const target = (field ?? body).querySelector(FIELD) ?? (view.submit ? submitButton : closeButton);
  target.focus();
}

function busy(on) {
  submitButton.disabled = on;
  closeButton.disabled = on;
  submitButton.toggleAttribute("aria-busy", on);
}

/** What was sent has been answered: by its outcome, or by the view that followed, whichever came first. */
function settled() {
  sending = "";
  busy(false);
}

async function submit(event) {
  event.preventDefault();
  const view = top();
  if (!view?.submit || sending) return;
  const surface = surfaceOf(view);
  sending = view.id;
  busy(true);
  complain("");
  const outcome = await post("submit", { as: store.me, view_id: view.id, state: surface.unsent() });
  settled();
  if (outcome.ok) return;
  surface.errors = outcome.errors ?? {};
  showErrors(body, surface);
  if (!outcome.errors) complain(sentence(outcome));
  body.querySelector(".field.is-wrong")?.querySelector(FIELD)?.focus();
}

async function closeTop() {
  const view = top();
  if (!view || sending) return;
  const outcome = await post("close", { as: store.me, view_id: view.id });
  if (!outcome.ok) complain(sentence(outcome));
}
