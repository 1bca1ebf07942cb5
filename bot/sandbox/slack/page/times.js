/** Says times as the acting person sees them: in their time zone, by the sandbox's clock. */

import { store } from "./state.js";

const formats = new Map();

function format(date, options, timeZone = store.user(store.me)?.tz ?? "UTC") {
  const key = JSON.stringify([timeZone, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone, ...options }));
  return formats.get(key).format(date);
}

/** Return the sandbox's present. */
export function now() {
  return new Date(Date.now() + store.ahead);
}

/** Return the moment of a message's timestamp. */
export function moment(ts) {
  return new Date(Number(ts) * 1000);
}

/** Return a day's name for comparing: 2026-11-22. */
export function dayKey(date) {
  return format(date, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/").reverse().join("-");
}

/** Return hours and minutes. */
export function time(date) {
  return format(date, { hour: "2-digit", minute: "2-digit" });
}

/** Return a date and time in full, for tooltips. */
export function fully(date) {
  return `${format(date, { weekday: "long", day: "numeric", month: "long", year: "numeric" })}, ${time(date)}`;
}

/** Return today, yesterday, tomorrow, or nothing for any other day. */
function near(date) {
  const days = (Date.parse(dayKey(date)) - Date.parse(dayKey(now()))) / 86_400_000;
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

/** Return what stands above a day's messages. */
export function dayLabel(date) {
  const word = near(date);
  if (word) return word[0].toUpperCase() + word.slice(1);
  return format(date, { weekday: "long", day: "numeric", month: "long" });
}

/** Return a short moment: the time today, else the day and the time. */
export function short(date) {
  const word = near(date);
  if (word === "today") return time(date);
  return `${word ?? format(date, { day: "numeric", month: "short" })}, ${time(date)}`;
}

/** Return the sandbox's present in a sentence, in UTC. */
export function clockSentence() {
  const day = format(now(), { weekday: "long", day: "numeric", month: "short" }, "UTC").replace(",", "");
  return `It is ${day}, ${utcTime(now())}`;
}

/** Return hours and minutes in UTC. */
export function utcTime(date) {
  return `${format(date, { hour: "2-digit", minute: "2-digit" }, "UTC")} UTC`;
}

function ago(date) {
  const minutes = Math.round((now() - date) / 60_000);
  const [count, unit] =
    Math.abs(minutes) < 60
      ? [minutes, "minute"]
      : Math.abs(minutes) < 1440
        ? [Math.round(minutes / 60), "hour"]
        : [Math.round(minutes / 1440), "day"];
  return new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" }).format(-count, unit);
}

const LONG = { day: "numeric", month: "long", year: "numeric" };
const SHORT = { day: "numeric", month: "short", year: "numeric" };
const WEEKDAY = { weekday: "long", ...LONG };

const TOKENS = {
  date_num: dayKey,
  date_slash: (date) => format(date, { day: "2-digit", month: "2-digit", year: "numeric" }),
  date: (date) => format(date, LONG),
  date_short: (date) => format(date, SHORT),
  date_long: (date) => format(date, WEEKDAY),
  date_long_full: (date) => format(date, WEEKDAY),
  date_pretty: (date) => near(date) ?? format(date, LONG),
  date_short_pretty: (date) => near(date) ?? format(date, SHORT),
  date_long_pretty: (date) => near(date) ?? format(date, WEEKDAY),
  day_divider_pretty: dayLabel,
  time,
  time_secs: (date) => format(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** Fill in Slack's date tokens (`{date_short_pretty} {time}` …); null where one of them is not known. */
export function filled(unix, pattern) {
  const date = new Date(Number(unix) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  let known = true;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, token) => {
    if (!(token in TOKENS)) known = false;
    return TOKENS[token]?.(date) ?? whole;
  });
  return known ? text : null;
}
