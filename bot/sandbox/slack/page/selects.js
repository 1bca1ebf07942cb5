/** Slack's selects, in terms of the combobox: static, external, of people and of channels. */

import { sentence } from "./api.js";
import { Combobox } from "./combobox.js";
import { plain } from "./mrkdwn.js";
import { store } from "./state.js";

const SLACKS_MINIMUM = 3;

/** Whether an element is one of the selects. */
export function isSelect(element) {
  return /^(multi_)?(static|external|users|conversations|channels)_select$/.test(element.type);
}

/** Draw a select. `field` is what an input block says of it: id, describedBy, label. */
export function select(element, block, surface, field) {
  const multiple = element.type.startsWith("multi_");
  const kind = element.type.replace("multi_", "").replace("_select", "");
  const [search, key, asState, selected] = KINDS[kind]({ element, block, surface, multiple });
  return new Combobox({
    ...field,
    multiple,
    selected,
    search,
    max: element.max_selected_items,
    placeholder: element.placeholder?.text ?? "Choose",
    clearable: Boolean(block.optional),
    onchange: (chosen) => {
      const states = chosen.map(asState);
      surface.changed(block, element, { [key]: multiple ? states : (states[0] ?? null) });
    },
  }).node;
}

const KINDS = {
  static: (use) => ofOptions(use, within(listed(use.element))),
  external: (use) => ofOptions(use, asking(use)),
  users: (use) =>
    ofIds(use, "selected_user", () =>
      store.people().map((user) => option(user.id, user.real_name, user.title)),
    ),
  conversations: (use) => ofIds(use, "selected_conversation", places),
  channels: (use) => ofIds(use, "selected_channel", places),
};

function ofOptions({ element, block, surface, multiple }, search) {
  const key = multiple ? "selected_options" : "selected_option";
  const held = surface.state(block, element)[key];
  return [search, key, (chosen) => chosen, [held ?? []].flat()];
}

function ofIds({ element, block, surface, multiple }, single, all) {
  const key = multiple ? `${single}s` : single;
  const held = [surface.state(block, element)[key] ?? []].flat();
  const search = (query) => within([{ options: all() }])(query);
  return [search, key, (chosen) => chosen.value, all().filter((one) => held.includes(one.value))];
}

function option(value, label, description = "") {
  const described = description ? { description: { type: "plain_text", text: description } } : {};
  return { value, text: { type: "plain_text", text: label }, ...described };
}

function places() {
  return store.channels
    .filter((channel) => channel.kind === "channel")
    .map((channel) => option(channel.id, `#${channel.name}`));
}

function listed(element) {
  if (element.options) return [{ options: element.options }];
  return element.option_groups.map((one) => ({ label: one.label.text, options: one.options }));
}

function within(groups) {
  return (query) => {
    const wanted = query.trim().toLowerCase();
    const matching = ({ text, description }) =>
      `${plain(text)} ${description ? plain(description) : ""}`.toLowerCase().includes(wanted);
    const found = groups
      .map(({ label, options }) => ({ label, options: options.filter(matching) }))
      .filter(({ options }) => options.length);
    return found.length ? { groups: found } : { note: `Nothing here matches “${query.trim()}”.` };
  };
}

function asking({ element, block, surface }) {
  const minimum = element.min_query_length ?? SLACKS_MINIMUM;
  return (query) => {
    const typed = query.trim();
    if (typed.length < minimum) {
      return { note: `Type at least ${minimum} ${minimum === 1 ? "character" : "characters"} to search.` };
    }
    return { ask: async () => answered(await surface.options(block, element, typed), typed) };
  };
}

function answered(answer, typed) {
  if (answer.error) return { note: sentence(answer) };
  const groups = answer.option_groups ? listed(answer) : [{ options: answer.options ?? [] }];
  if (groups.some(({ options }) => options.length)) return { groups };
  return { note: `Nothing was found for “${typed}”.` };
}
