/** Block Kit's blocks, on whatever they stand: a message, a modal, the Home page. */

import { h, newId, reconcile } from "./dom.js";
import { element } from "./elements.js";
import { plain, text } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** Draw blocks into `container`; blocks that did not change keep their nodes. */
export function drawBlocks(container, blocks, surface) {
  reconcile(
    container,
    blocks.map((block) => ({
      key: block.block_id,
      signature: JSON.stringify(block),
      make: () => drawn(block, surface),
    })),
  );
  showErrors(container, surface);
}

/** Show the surface's errors at their fields, and none at the others. */
export function showErrors(container, surface) {
  for (const field of container.querySelectorAll(".field")) {
    const said = surface.errors[field.dataset.key] ?? "";
    field.querySelector(".field-error").textContent = said;
    field.classList.toggle("is-wrong", Boolean(said));
    for (const control of field.querySelectorAll("input, textarea")) {
      if (said) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  }
}

function drawn(block, surface) {
  const draw = DRAWN[block.type];
  return draw
    ? draw(block, surface)
    : h("p", { class: "note" }, `This page cannot draw a “${block.type}” block.`);
}

function section(block, surface) {
  const words = h("div", { class: "section-words" });
  if (block.text) words.append(h("div", { class: "section-text" }, text(block.text)));
  if (block.fields) {
    words.append(
      h(
        "div",
        { class: "fields" },
        block.fields.map((one) => h("div", { class: "pair" }, text(one))),
      ),
    );
  }
  const beside = block.accessory && h("div", { class: "accessory" }, accessory(block, surface));
  return h("div", { class: "block section" }, words, beside);
}

function accessory(block, surface) {
  return block.accessory.type === "image"
    ? picture(block.accessory)
    : element(block.accessory, block, surface);
}

function picture(image) {
  return h("img", { src: image.image_url, alt: image.alt_text, loading: "lazy" });
}

function context(block) {
  const parts = block.elements.map((one) => (one.type === "image" ? picture(one) : text(one)));
  return h("div", { class: "block context" }, parts);
}

function actions(block, surface) {
  return h(
    "div",
    { class: "block actions" },
    block.elements.map((one) => element(one, block, surface)),
  );
}

function image(block) {
  return h(
    "figure",
    { class: "block image" },
    block.title && h("figcaption", {}, plain(block.title)),
    picture(block),
  );
}

function input(block, surface) {
  const [id, hintId, errorId, labelId] = [newId(), newId(), newId(), newId()];
  const grouped = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const field = { id, describedBy: `${hintId} ${errorId}`, label: undefined };
  const control = element(block.element, block, surface, field);
  if (grouped) control.setAttribute("aria-labelledby", labelId);
  const label = h(
    grouped ? "span" : "label",
    { class: "field-label", id: labelId, ...(grouped ? {} : { for: id }) },
    plain(block.label),
    block.optional && h("span", { class: "optional" }, "optional"),
  );
  return h(
    "div",
    { class: "block field" },
    label,
    control,
    h("p", { class: "field-error", id: errorId, role: "alert" }),
    block.hint
      ? h("p", { class: "hint", id: hintId }, plain(block.hint))
      : h("span", { id: hintId, hidden: true }),
  );
}

function table(block) {
  const cell = (one) => (one.type === "raw_text" ? one.text : richText(one));
  const rows = block.rows.map((row) =>
    h(
      "tr",
      {},
      row.map((one) => h("td", {}, cell(one))),
    ),
  );
  return h("div", { class: "block table" }, h("table", {}, h("tbody", {}, rows)));
}

const DRAWN = {
  section,
  context,
  actions,
  image,
  input,
  table,
  header: (block) => h("h3", { class: "block header" }, plain(block.text)),
  divider: () => h("hr", { class: "block" }),
  rich_text: (block) => h("div", { class: "block" }, richText(block)),
  markdown: (block) => h("div", { class: "block" }, text({ type: "mrkdwn", text: block.text })),
};
