/** A message or view whose blocks somebody uses: what stands in its fields, and how the app hears of it. */

import { post, sentence } from "./api.js";
import { confirmed } from "./confirm.js";
import { store, tell } from "./state.js";

const EXTERNAL = new Set(["external_select", "multi_external_select"]);

/** Walk over a view's or message's elements as [block, element]. */
function* interactive(blocks) {
  for (const block of blocks) {
    for (const element of [
      block.accessory,
      block.element,
      ...(block.type === "actions" ? block.elements : []),
    ]) {
      if (element && element.type !== "image") yield [block, element];
    }
  }
}

/** Return what stands in the fields of blocks that nobody touched: their initial values. */
export function untouched(blocks) {
  const values = {};
  for (const [block, element] of interactive(blocks)) {
    const initial = Object.entries(element).filter(([key]) => key.startsWith("initial_"));
    const state = initial.map(([key, value]) => [
      key === "initial_value" ? "value" : key.replace("initial", "selected"),
      value,
    ]);
    values[block.block_id] ??= {};
    values[block.block_id][element.action_id] = { type: element.type, ...Object.fromEntries(state) };
  }
  return values;
}

/**
 * `where` is `{channel, ts}` or `{view_id}`. `values` is what stands on the screen, `known` what the app's side
 * knows of it already, both as `{block_id: {action_id: state}}`; `errors` are sentences at fields by block id.
 */
export class Surface {
  constructor(where, complain = (said) => tell("trouble", said)) {
    Object.assign(this, { where, complain, values: {}, known: {}, errors: {}, onchange: () => {} });
  }

  /** Take over a redrawn view. What was typed stays in fields that stayed; the rest comes from the view. */
  adopt(blocks, values) {
    const entered = this.values;
    this.known = structuredClone(values);
    this.values = structuredClone(values);
    for (const [block, element] of interactive(blocks)) {
      const old = entered[block.block_id]?.[element.action_id];
      const fresh = this.values[block.block_id]?.[element.action_id];
      if (old && fresh && old.type === element.type && offered(element, old)) {
        this.values[block.block_id][element.action_id] = old;
      }
    }
  }

  /** Return what stands in a field: Slack's state of the element. */
  state(block, element) {
    return this.values[block.block_id]?.[element.action_id] ?? {};
  }

  /** Keep what somebody chose or typed, without telling anybody. */
  enter(block, element, chosen) {
    this.values[block.block_id] ??= {};
    this.values[block.block_id][element.action_id] = { type: element.type, ...chosen };
    delete this.errors[block.block_id];
    this.onchange();
  }

  /** Somebody chose: the app hears of it where the block says so. */
  async changed(block, element, chosen) {
    this.enter(block, element, chosen);
    const reports = block.type !== "input" || block.dispatch_action || EXTERNAL.has(element.type);
    return reports ? this.use(block, element, chosen) : true;
  }

  /** Use an element: press, choose. `started` is called once it is sure. Returns whether the app took it. */
  async use(block, element, chosen = {}, started = () => {}) {
    if (element.confirm && !(await confirmed(element.confirm))) return false;
    started();
    const outcome = await post("click", {
      as: store.me,
      ...this.where,
      block_id: block.block_id,
      action_id: element.action_id,
      ...chosen,
      state: this.unsent(),
    });
    if (outcome.ok) this.learnt(block.block_id, element.action_id);
    else this.complain(sentence(outcome));
    return outcome.ok;
  }

  /** Ask the app what an external select offers for a query. */
  async options(block, element, query) {
    const names = { block_id: block.block_id, action_id: element.action_id };
    return post("options", { as: store.me, ...this.where, ...names, query });
  }

  /** Return the fields that changed since the other side heard of them. */
  unsent() {
    const changed = {};
    for (const [blockId, actions] of Object.entries(this.values)) {
      for (const [actionId, state] of Object.entries(actions)) {
        if (JSON.stringify(state) === JSON.stringify(this.known[blockId]?.[actionId])) continue;
        changed[blockId] ??= {};
        changed[blockId][actionId] = state;
      }
    }
    return changed;
  }

  learnt(blockId, actionId) {
    const state = this.values[blockId]?.[actionId];
    if (!state) return;
    this.known[blockId] ??= {};
    this.known[blockId][actionId] = structuredClone(state);
  }
}

function offered(element, state) {
  if (!element.options && !element.option_groups) return true;
  const values = (element.options ?? element.option_groups.flatMap((one) => one.options)).map(
    (one) => one.value,
  );
  const held = state.selected_options ?? (state.selected_option ? [state.selected_option] : []);
  return held.every((option) => values.includes(option.value));
}
