/** Talks to the local Slack's page API, and says in plain words what went wrong. */

const SENTENCES = {
  operation_timeout: "Makegood did not answer within three seconds. It may still be working on it.",
  dispatch_failed: "This did not reach Makegood, or it answered with an error. Is it running?",
  invalid_response: "Makegood gave an answer that cannot be shown here.",
  not_a_command: "There is no such command. Type / to see the ones there are.",
  not_a_shortcut: "This shortcut is not there any more.",
  channel_not_found: "This channel is not there any more.",
  not_in_channel: "You are not in this channel.",
  message_not_found: "This message is not there any more.",
  not_found: "This form was closed or replaced meanwhile.",
  user_not_found: "There is no such person.",
  account_inactive: "This person's account is not active any more.",
  no_submit_button: "This form cannot be sent.",
  no_text: "Write something first.",
  interactivity_not_configured: "The app has not turned on buttons and forms in its manifest.",
  unreachable: "The sandbox does not answer. Is it still running?",
};

/** Say an act's error in a sentence, with what the server found wrong where it says so. */
export function sentence(outcome) {
  const said = SENTENCES[outcome.error] ?? outcome.error ?? "That did not work.";
  return [said, ...(outcome.messages ?? [])].join(" ");
}

/** Read something. Throws an Error with a sentence when it is not there. */
export async function get(path, query = {}) {
  const outcome = await answered(fetch(`/sandbox/${path}?${new URLSearchParams(query)}`));
  if (outcome.ok === false) throw new Error(sentence(outcome));
  return outcome;
}

/** Do something; the answer always has `ok`, and `error` where it is false. */
export async function post(path, body) {
  const outcome = await answered(
    fetch(`/sandbox/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
  return { ok: !outcome.error, ...outcome };
}

/** Upload a file for a form's field; the answer is the file as the field holds it, or has `error`. */
export async function attach(as, file) {
  const query = new URLSearchParams({ as, name: file.name });
  return answered(fetch(`/sandbox/attach?${query}`, { method: "POST", body: file }));
}

async function answered(request) {
  try {
    const response = await request;
    return await response.json();
  } catch {
    return { ok: false, error: "unreachable" };
  }
}
