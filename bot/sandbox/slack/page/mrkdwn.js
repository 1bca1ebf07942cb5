/** Draws Slack's markup as nodes: bold, code, quotes, links, mentions and dates. */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { go, store } from "./state.js";
import { filled, fully } from "./times.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

function decoded(text) {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);
}

/** Draw mrkdwn. The nodes belong in an element of the class `mrkdwn`, which keeps line breaks. */
export function mrkdwn(text) {
  return text.split(/(```[\s\S]+?```)/).flatMap((part) => {
    if (/^```[\s\S]+```$/.test(part)) return [pre(part.slice(3, -3))];
    return quotes(part);
  });
}

/** Draw a text object: mrkdwn, or plain text with its emoji. */
export function text(object) {
  if (object.type === "mrkdwn") return h("span", { class: "mrkdwn" }, mrkdwn(object.text));
  return h("span", { class: "mrkdwn" }, withEmoji(object.text));
}

/** Return a text object without its markup, for places that hold only text. */
export function plain(object) {
  return object.type === "mrkdwn" ? text(object).textContent : withEmoji(object.text);
}

function pre(code) {
  return h("pre", {}, decoded(code.replace(/^\n|\n$/g, "")));
}

function quotes(part) {
  const rest = part.search(/^(?:&gt;|>){3}/m);
  if (rest >= 0) {
    const quoted = part.slice(rest).replace(/^(?:&gt;|>){3} ?/, "");
    return [...quotes(part.slice(0, rest)), h("blockquote", {}, inline(quoted))];
  }
  const nodes = [];
  let lines = [];
  let quoting = false;
  const flush = () => {
    const joined = lines.join("\n");
    if (quoting) nodes.push(h("blockquote", {}, inline(joined)));
    else if (joined) nodes.push(...inline(joined));
    lines = [];
  };
  for (const line of part.split("\n")) {
    const quoted = /^(?:&gt;|>(?!>))/.test(line);
    // A block's own line break takes the place of the newline beside it.
    if (quoted !== quoting && lines.length) flush();
    quoting = quoted;
    lines.push(quoted ? line.replace(/^(?:&gt;|>) ?/, "") : line);
  }
  flush();
  return nodes;
}

const CONTENT = "(?:`[^`\\n]*`|<[^<>\\n]*>|[^%\\n])";
const wrapped = (sign) =>
  `(?<![\\p{L}\\p{N}${sign}])[${sign}](?=\\S)(${CONTENT.replace("%", sign)}*?\\S)[${sign}](?![\\p{L}\\p{N}${sign}])`;
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    wrapped("*"),
    wrapped("_"),
    wrapped("~"),
    "(https?:\\/\\/[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"])",
  ].join("|"),
  "u",
);

function inline(source) {
  const nodes = [];
  let rest = source;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    if (match.index) nodes.push(decoded(withEmoji(rest.slice(0, match.index))));
    nodes.push(marked(match));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) nodes.push(decoded(withEmoji(rest)));
  return nodes;
}

function marked([whole, code, token, bold, italic, struck, address]) {
  if (code) return h("code", {}, decoded(code));
  if (token) return drawn(token, whole);
  if (bold) return h("strong", {}, inline(bold));
  if (italic) return h("em", {}, inline(italic));
  if (struck) return h("s", {}, inline(struck));
  return link(decoded(address), [decoded(address)]);
}

function drawn(token, whole) {
  const [target, ...labels] = token.split("|");
  const label = labels.join("|");
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return place(target.slice(1), label);
  if (target.startsWith("!subteam^")) return group(target.slice(9), label);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return broadcast(target.slice(1));
  if (/^(https?|mailto|tel):/i.test(target)) {
    return link(decoded(target), label ? inline(label) : [decoded(target.replace(/^mailto:/, ""))]);
  }
  return decoded(whole);
}

/** Draw a person's mention. */
export function mention(id) {
  const mine = id === store.me ? " is-me" : "";
  return h(
    "span",
    { class: `mention${mine}`, title: store.user(id)?.title },
    `@${store.user(id)?.real_name ?? id}`,
  );
}

/** Draw a link to a channel; a channel that one is not in is only named. */
export function place(id, label = "") {
  const channel = store.channel(id);
  if (!channel) return h("span", { class: "mention" }, `#${label || id}`);
  return h(
    "button",
    { type: "button", class: "mention", onclick: () => go({ channel: id }) },
    `#${channel.name}`,
  );
}

/** Draw a user group's mention. */
export function group(id, label = "") {
  const found = store.groups.get(id);
  const mine = found?.members.includes(store.me) ? " is-me" : "";
  const who = found?.members.map((member) => store.user(member)?.real_name).join(", ");
  return h("span", { class: `mention${mine}`, title: who }, found ? `@${found.handle}` : label || `@${id}`);
}

/** Draw a mention of everybody here. */
export function broadcast(word) {
  return h("span", { class: "mention is-me" }, `@${word}`);
}

function date(target, fallback) {
  const [, unix, pattern, address] = target.split("^");
  const words = filled(unix, decoded(pattern ?? ""));
  if (words === null) return decoded(fallback);
  const shown = h("time", { title: fully(new Date(Number(unix) * 1000)) }, words);
  return address ? link(decoded(address), [shown]) : shown;
}

/** Draw a link; one that leads into this workspace is followed on this page. */
export function link(address, children) {
  const inside = here(address);
  if (!inside) return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, children);
  const follow = (event) => {
    event.preventDefault();
    go(inside);
  };
  return h("a", { href: address, onclick: follow }, children);
}

/** Return where an address leads on this page, null where it leads away. */
export function here(address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const found = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(url.pathname);
  if (url.origin !== location.origin || !found) return null;
  const [, channel, seconds, micros] = found;
  return { channel, ts: `${seconds}.${micros}`, thread: url.searchParams.get("thread_ts") ?? "" };
}
