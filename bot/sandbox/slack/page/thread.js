/** The thread pane: a message, its replies, and where one answers. */

import { Composer } from "./composer.js";
import { h, iconButton } from "./dom.js";
import { drawMessages, showMessage } from "./messages.js";
import { go, markRead, on, store } from "./state.js";

const pane = document.getElementById("thread");
const list = h("div", { class: "thread-list", role: "log", "aria-label": "Replies", "aria-live": "off" });
const parent = h("div", { class: "thread-parent" });
const count = h("p", { class: "thread-count" });
const where = h("span", { class: "faint" });
const composer = new Composer(() => ({ channel: store.place, thread: store.thread }));
let shown = "";

/** Build the pane and follow the page. */
export function startThread() {
  pane.append(
    h(
      "header",
      { class: "pane-head" },
      iconButton("back", "Back", close, { "data-phone": true }),
      h("h2", {}, "Thread ", where),
      iconButton("close", "Close the thread", close, { "data-desktop": true }),
    ),
    h("div", { class: "pane-scroll" }, parent, count, list),
    composer.node,
  );
  on("place messages state", draw);
}

/** Close the pane, back to the message that it belongs to. */
export function close() {
  const ts = store.thread;
  go({ thread: "" });
  showFocus(ts);
}

function showFocus(ts) {
  document.querySelector(`#main [data-ts="${CSS.escape(ts)}"]`)?.focus({ preventScroll: true });
}

function draw() {
  const channel = store.channel(store.place);
  const found = store.messages.get(store.place);
  const message = store.thread && channel && found?.messages.find((one) => one.ts === store.thread);
  pane.hidden = !message;
  document.body.classList.toggle("has-thread", Boolean(message));
  if (!message) {
    shown = "";
    return;
  }
  const replies = found.replies[message.ts] ?? [];
  where.textContent = channel.kind === "im" ? "with Makegood" : `#${channel.name}`;
  drawMessages(parent, [message], store.place, { inThread: true });
  count.textContent = replies.length
    ? replies.length === 1
      ? "1 reply"
      : `${replies.length} replies`
    : "No replies yet.";
  drawMessages(list, replies, store.place, { inThread: true });
  const key = `${store.me}/${store.place}/${store.thread}`;
  if (key !== shown) opened(key);
}

function opened(key) {
  shown = key;
  composer.moved("Reply in the thread");
  const scroller = list.parentElement;
  scroller.scrollTop = scroller.scrollHeight;
  if (!(store.focus && showMessage(list, store.focus))) composer.field.focus({ preventScroll: true });
  markRead();
}
