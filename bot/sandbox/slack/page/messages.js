/** A channel's messages: by day and author, with a line above what is new; and a thread's replies. */

import { h, reconcile } from "./dom.js";
import { drawMessage } from "./message.js";
import { store } from "./state.js";
import { dayKey, dayLabel, moment, now } from "./times.js";

const TOGETHER = 300;

/** Draw a list of messages into `container`. `newFrom` is the timestamp of the first one that is new. */
export function drawMessages(container, messages, channel, { newFrom = "", inThread = false } = {}) {
  const today = dayKey(now());
  const items = [];
  let before = null;
  for (const message of messages) {
    const day = dayKey(moment(message.ts));
    const newDay = !inThread && (!before || day !== dayKey(moment(before.ts)));
    if (newDay) items.push(line(`day-${day}`, `${day} ${today}`, dayLabel(moment(message.ts)), "day-line"));
    if (message.ts === newFrom) items.push(line("new", "new", "New", "new-line"));
    const compact = Boolean(before && !newDay && message.ts !== newFrom && together(before, message));
    items.push({
      key: message.ts,
      signature: JSON.stringify([message, compact, inThread, today, store.me]),
      make: () => drawMessage(message, channel, { compact, inThread }),
    });
    before = message;
  }
  reconcile(container, items);
}

function line(key, signature, words, look) {
  return {
    key,
    signature,
    make: () =>
      h("div", { class: `line ${look}`, role: "separator", "aria-label": words }, h("span", {}, words)),
  };
}

function together(before, message) {
  const same = before.user === message.user && before.username === message.username;
  const plain =
    before.blocks.length < 2 && message.blocks.length < 2 && before.ephemeral === message.ephemeral;
  return same && plain && Number(message.ts) - Number(before.ts) < TOGETHER;
}

/** Return the timestamp of the first of the `unread` messages that are new to this person. */
export function firstNew(messages, unread) {
  const others = messages.filter((message) => message.user !== store.me && !message.ephemeral);
  return unread > 0 ? (others.at(-unread)?.ts ?? "") : "";
}

/** Show one message in the middle and let it glow for a moment. Returns whether it is there. */
export function showMessage(container, ts) {
  const node = container.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  if (!node) return false;
  node.scrollIntoView({ block: "center" });
  node.classList.add("is-shown");
  node.addEventListener("animationend", () => node.classList.remove("is-shown"), { once: true });
  node.focus({ preventScroll: true });
  return true;
}
