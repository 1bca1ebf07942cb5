/** Block Kit's elements: buttons, menus, choices and fields. */

import { attach, sentence } from "./api.js";
import { h, iconButton, newId } from "./dom.js";
import { here, plain, text } from "./mrkdwn.js";
import { openMenu } from "./popup.js";
import { isSelect, select } from "./selects.js";
import { go, store } from "./state.js";

/**
 * Draw an element. `field` is what an input block says of it: `{id, describedBy, label}`; elsewhere the
 * placeholder names it.
 */
export function element(one, block, surface, field = {}) {
  const focusName = `${block.type === "input" ? block.block_id : ""}/${one.action_id}`;
  const described = { id: field.id ?? newId(), label: one.placeholder?.text, ...field, focusName };
  if (isSelect(one)) return select(one, block, surface, described);
  const draw = DRAWN[one.type];
  if (!draw) return h("p", { class: "note" }, `This page cannot draw “${one.type}”.`);
  return draw(one, block, surface, described);
}

function button(one, block, surface, { focusName }) {
  const look = { primary: "is-primary", danger: "is-danger" }[one.style] ?? "";
  const shared = { class: `button ${look}`, "aria-label": one.accessibility_label, "data-focus": focusName };
  if (one.url) return linkButton(one, block, surface, shared);
  const node = h("button", { type: "button", ...shared }, plain(one.text));
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-busy")) return;
    await surface.use(block, one, {}, () => node.setAttribute("aria-busy", "true"));
    node.removeAttribute("aria-busy");
  });
  return node;
}

function linkButton(one, block, surface, shared) {
  const inside = here(one.url);
  const used = (event) => {
    surface.use(block, one);
    if (!inside) return;
    event.preventDefault();
    go(inside);
  };
  const away = inside ? {} : { target: "_blank", rel: "noopener noreferrer" };
  return h("a", { ...shared, href: one.url, ...away, onclick: used }, plain(one.text));
}

function overflow(one, block, surface, { focusName }) {
  const items = one.options.map((option) => ({
    label: plain(option.text),
    description: option.description && plain(option.description),
    href: option.url,
    run: () => surface.use(block, one, { selected_option: option }),
  }));
  const open = (event) => openMenu(event.currentTarget, items, "More");
  return iconButton("more", "More", open, {
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    "data-focus": focusName,
  });
}

function written(kind) {
  return (one, block, surface, { id, describedBy, label, focusName }) => {
    const shared = { id, "aria-describedby": describedBy, "aria-label": label, "data-focus": focusName };
    const placeholder = one.placeholder?.text;
    const node = one.multiline
      ? h("textarea", { ...shared, placeholder, rows: 4 })
      : h("input", { ...shared, ...kind, placeholder, autocomplete: "off" });
    node.value = surface.state(block, one).value ?? "";
    const counter = h("span", { class: "counter", "aria-live": "polite" });
    const when = one.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
    const report = () => surface.use(block, one, { value: node.value || null });
    let pause = 0;
    node.addEventListener("input", () => {
      surface.enter(block, one, { value: node.value || null });
      count(counter, node.value.length, one.max_length);
      clearTimeout(pause);
      if (block.dispatch_action && when.includes("on_character_entered")) pause = setTimeout(report, 350);
    });
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || !block.dispatch_action) return;
      event.preventDefault();
      if (when.includes("on_enter_pressed")) report();
    });
    count(counter, node.value.length, one.max_length);
    return h("div", { class: "written" }, node, counter);
  };
}

/** Say how much room is left once most of it is used. */
function count(counter, length, most) {
  const near = most && length > most * 0.7;
  counter.textContent = near ? String(most - length) : "";
  counter.classList.toggle("is-over", Boolean(near && length > most));
}

function picked(type, key, fromInput, toInput) {
  return (one, block, surface, { id, describedBy, label, focusName }) => {
    const shared = {
      id,
      type,
      "aria-describedby": describedBy,
      "aria-label": label,
      "data-focus": focusName,
    };
    const node = h("input", shared);
    node.value = toInput(surface.state(block, one)[key]);
    node.addEventListener("change", () => surface.changed(block, one, { [key]: fromInput(node.value) }));
    return node;
  };
}

function ticks(type, key) {
  return (one, block, surface, { id, describedBy, focusName }) => {
    const multiple = type === "checkbox";
    const held = [surface.state(block, one)[key] ?? []].flat().map((option) => option.value);
    const name = newId();
    const boxes = one.options.map((option) => {
      const box = h("input", { type, name, "data-focus": `${focusName}/${option.value}` });
      box.checked = held.includes(option.value);
      return box;
    });
    const changed = () => {
      const chosen = one.options.filter((_, at) => boxes[at].checked);
      surface.changed(block, one, { [key]: multiple ? chosen : (chosen[0] ?? null) });
    };
    const rows = one.options.map((option, at) =>
      h(
        "label",
        { class: "tick" },
        boxes[at],
        h("span", {}, text(option.text), option.description && h("small", {}, text(option.description))),
      ),
    );
    const role = multiple ? "group" : "radiogroup";
    return h("div", { id, class: "ticks", role, "aria-describedby": describedBy, onchange: changed }, rows);
  };
}

/** A field for files: each is uploaded as soon as it is chosen, and goes with the form when that is sent. */
function fileInput(one, block, surface, { id, describedBy, label, focusName }) {
  const most = one.max_files ?? 10;
  const types = one.filetypes ?? [];
  const list = h("ul", { class: "attached" });
  const trouble = h("p", { class: "attach-trouble", role: "alert" });
  const picker = h("input", {
    id,
    type: "file",
    "aria-describedby": describedBy,
    "aria-label": label,
    "data-focus": focusName,
  });
  picker.multiple = most > 1;
  picker.accept = types.map((type) => `.${type}`).join(",");
  const held = () => surface.state(block, one).files ?? [];
  const keep = (files) => {
    surface.enter(block, one, { files });
    drawList();
  };
  function drawList() {
    list.replaceChildren(
      ...held().map((file) => {
        const remove = () => keep(held().filter((other) => other.id !== file.id));
        return h("li", {}, h("span", {}, file.name), iconButton("close", `Remove ${file.name}`, remove));
      }),
    );
  }
  picker.addEventListener("change", async () => {
    trouble.textContent = "";
    for (const file of picker.files) {
      const type = file.name.split(".").at(-1).toLowerCase();
      if (types.length && !types.includes(type)) {
        trouble.textContent = `“${file.name}” is not one of: ${types.join(", ")}.`;
        continue;
      }
      const answer = await attach(store.me, file);
      if (answer.error) trouble.textContent = sentence(answer);
      else keep(most === 1 ? [answer] : [...held(), answer].slice(0, most));
    }
    picker.value = "";
  });
  drawList();
  return h("div", { class: "attaching" }, picker, list, trouble);
}

const asIs = [(value) => value || null, (value) => value ?? ""];

const DRAWN = {
  button,
  overflow,
  plain_text_input: written({ type: "text" }),
  email_text_input: written({ type: "email" }),
  url_text_input: written({ type: "url" }),
  number_input: written({ type: "text", inputmode: "decimal" }),
  radio_buttons: ticks("radio", "selected_option"),
  checkboxes: ticks("checkbox", "selected_options"),
  datepicker: picked("date", "selected_date", ...asIs),
  file_input: fileInput,
  timepicker: picked("time", "selected_time", ...asIs),
};
