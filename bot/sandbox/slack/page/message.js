/** One message: who wrote it and when, its text or blocks, its thread, and what one can do with it. */

import { post, sentence } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { h, icon, iconButton } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, nameOf } from "./people.js";
import { openMenu } from "./popup.js";
import { go, store, tell } from "./state.js";
import { Surface, untouched } from "./surface.js";
import { fully, moment, short, time } from "./times.js";

const surfaces = new Map();

/** Draw a message. `compact` leaves the author out, below another message of theirs; `inThread` the replies. */
export function drawMessage(message, channel, { compact = false, inThread = false } = {}) {
  const at = moment(message.ts);
  const stamp = h("time", { class: "stamp", title: fully(at), datetime: at.toISOString() }, time(at));
  const gutter = h("div", { class: "gutter" }, compact ? stamp : avatar(message.user));
  const wide = message.blocks.length > 1 ? " has-card" : "";
  const whispered = message.ephemeral ? " is-ephemeral" : "";
  return h(
    "article",
    {
      class: `message${compact ? " is-compact" : ""}${wide}${whispered}`,
      "data-ts": message.ts,
      tabindex: "-1",
      "aria-label": `${authorOf(message)}, ${time(at)}`,
    },
    gutter,
    h(
      "div",
      { class: "message-body" },
      !compact && head(message, stamp),
      message.ephemeral && h("p", { class: "whisper" }, icon("eye"), "Only visible to you"),
      content(message, channel),
      files(message),
      reactions(message),
      !inThread && message.reply_count > 0 && threadLink(message),
    ),
    !message.ephemeral && message.subtype !== "tombstone" && tools(message, channel, inThread),
  );
}

function authorOf(message) {
  return message.username ?? nameOf(message.user);
}

function head(message, stamp) {
  return h(
    "div",
    { class: "message-head" },
    h("strong", { class: "author" }, authorOf(message)),
    store.user(message.user)?.is_bot && h("span", { class: "tag" }, "bot"),
    stamp,
  );
}

function content(message, channel) {
  const edited = message.edited && h("span", { class: "edited" }, " (edited)");
  if (!message.blocks.length) {
    const gone = message.subtype === "tombstone" ? " is-gone" : "";
    return h("div", { class: `mrkdwn message-text${gone}` }, mrkdwn(message.text), edited);
  }
  const node = h("div", { class: "blocks" });
  drawBlocks(node, message.blocks, surfaceOf(message, channel));
  if (edited) node.append(edited);
  return node;
}

function surfaceOf(message, channel) {
  const key = `${store.me}/${channel}/${message.ts}`;
  if (!surfaces.has(key)) surfaces.set(key, new Surface({ channel, ts: message.ts }));
  const surface = surfaces.get(key);
  surface.adopt(message.blocks, untouched(message.blocks));
  return surface;
}

function files(message) {
  if (!message.files?.length) return null;
  const links = message.files.map((file) => {
    const address = file.permalink;
    return h(
      "a",
      { class: "file", href: address, target: "_blank", rel: "noopener" },
      icon("link"),
      file.title ?? file.name,
    );
  });
  return h("div", { class: "files" }, links);
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  const shown = message.reactions.map(({ name, users }) =>
    h(
      "span",
      { class: "reaction", title: users.map(nameOf).join(", ") },
      `${withEmoji(`:${name}:`)} ${users.length}`,
    ),
  );
  return h("div", { class: "reactions" }, shown);
}

function threadLink(message) {
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h(
    "button",
    {
      type: "button",
      class: "thread-link",
      "data-focus": "thread",
      onclick: () => go({ thread: message.ts }),
    },
    h(
      "span",
      { class: "faces" },
      message.reply_users.slice(0, 3).map((id) => avatar(id, "tiny")),
    ),
    h("strong", {}, count),
    h("span", { class: "faint" }, `last ${short(moment(message.last_reply))}`),
  );
}

function tools(message, channel, inThread) {
  const shortcuts = store.shortcuts.filter((one) => one.type === "message");
  const reply = () => go({ thread: message.ts });
  const items = [
    ...shortcuts.map((one) => ({
      label: one.name,
      description: "Makegood",
      run: () => useShortcut(one, channel, message.ts),
    })),
    ...(inThread ? [] : [{ label: "Reply in thread", run: reply }]),
  ];
  const more = (event) => openMenu(event.currentTarget, items, "Message shortcuts");
  const menu = { "aria-haspopup": "menu", "aria-expanded": "false", "data-focus": "more" };
  return h(
    "div",
    { class: "tools" },
    !inThread && iconButton("reply", "Reply in thread", reply, { "data-focus": "reply" }),
    items.length > 0 && iconButton("more", "Message shortcuts", more, menu),
  );
}

async function useShortcut(shortcut, channel, ts) {
  const outcome = await post("shortcut", { as: store.me, callback_id: shortcut.callback_id, channel, ts });
  if (!outcome.ok) tell("trouble", sentence(outcome));
}
