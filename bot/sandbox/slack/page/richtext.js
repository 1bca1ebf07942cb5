/** Draws rich text blocks: paragraphs, lists, quotes and code. */

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { broadcast, group, link, mention, place } from "./mrkdwn.js";
import { filled } from "./times.js";

/** Draw a `rich_text` block. */
export function richText(block) {
  return h("div", { class: "rich-text" }, block.elements.map(part));
}

function part(element) {
  switch (element.type) {
    case "rich_text_list":
      return list(element);
    case "rich_text_quote":
      return h("blockquote", {}, element.elements.map(run));
    case "rich_text_preformatted":
      return h("pre", {}, element.elements.map(run));
    default:
      return h("p", { class: "mrkdwn" }, element.elements.map(run));
  }
}

function list(element) {
  const items = element.elements.map((item) => h("li", {}, item.elements.map(run)));
  const made = h(element.style === "ordered" ? "ol" : "ul", {}, items);
  if (element.offset) made.start = element.offset + 1;
  made.style.marginInlineStart = `${(element.indent ?? 0) * 1.5}em`;
  return made;
}

function run(element) {
  return styled(element.style ?? {}, bare(element));
}

function bare(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url, [element.text || element.url]);
    case "user":
      return mention(element.user_id);
    case "usergroup":
      return group(element.usergroup_id);
    case "channel":
      return place(element.channel_id);
    case "broadcast":
      return broadcast(element.range);
    case "emoji":
      return withEmoji(`:${element.name}:`);
    case "date":
      return filled(element.timestamp, element.format) ?? element.fallback ?? "";
    default:
      return element.value ?? "";
  }
}

function styled(style, node) {
  let shown = node;
  for (const [name, tag] of Object.entries({ code: "code", strike: "s", italic: "em", bold: "strong" })) {
    if (style[name]) shown = h(tag, {}, shown);
  }
  return shown;
}
