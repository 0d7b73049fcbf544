// The SPARQL page: editor, saved queries, history, engine, answer. Without script the form holds a plain textarea.
import { element, fill, language, words } from "./language.js";
import { Answer } from "./sparql/answer.js";
import { Editor } from "./sparql/editor.js";
import { engineOf } from "./sparql/engines.js";
import { forget, readHistory, remember } from "./sparql/history.js";
import { Vocabulary } from "./sparql/terms.js";

const folder = document.currentScript.src.replace(/[^/]*$/, "");
const form = document.getElementById("sparql");
if (form) start(form);

async function start(form) {
  const textarea = form.querySelector("textarea");
  const given = queryInAddress(form);
  if (given) textarea.value = given;
  const vocabulary = new Vocabulary();
  const engine = engineOf(form, folder);
  const links = JSON.parse(form.dataset.links ?? "[]");
  const answer = new Answer(document.getElementById("answer"), { engine, vocabulary, links, folder });
  const run = async () => {
    const unknown = editor.addPrefixes();
    editor.clearProblem();
    remember(editor.text);
    showHistory();
    stop.hidden = false;
    const problem = unknown ? answer.refuse(unknown) : await answer.run(editor.text);
    stop.hidden = true;
    if (problem) editor.showProblem(problem.line, problem.column, problem.message);
  };
  const label = form.querySelector("label") ?? textarea;
  const editor = new Editor(textarea, label, vocabulary, run);
  const stop = addButtons(form, editor, engine);
  const showHistory = () => fillHistory(document.getElementById("query-history"), editor, showHistory);
  answer.goToProblem = () => editor.goToProblem();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  showHistory();
  // The editor is usable before the vocabulary has come, and without it.
  const [file, saved] = await Promise.all([fetchJson(form.dataset.vocabulary), fetchJson(form.dataset.queries)]);
  if (file) Object.assign(vocabulary, new Vocabulary(file));
  if (saved) {
    connectSaved(saved, (query) => {
      editor.text = query.sparql;
      answer.view = query.view;
      run();
    });
  }
  form.dataset.state = "ready";
  // What a server shows of an address is a plain table; here it gets names, a map, files. Its answer is kept there.
  if (given && form.dataset.endpoint !== undefined) run();
}

async function fetchJson(address) {
  if (!address) return null;
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** A server reads ?query=, so its addresses use that; a static page keeps the query to itself, behind #. */
function queryInAddress(form) {
  const part = form.dataset.endpoint === undefined ? location.hash.slice(1) : location.search;
  return new URLSearchParams(part).get("query");
}

/** The address to share; of a server the endpoint itself, which shows people the answer and gives it to programs. */
function addressOf(query, form) {
  const { endpoint } = form.dataset;
  const address = endpoint === undefined ? new URL(location.href) : new URL(endpoint, location.href);
  const part = new URLSearchParams({ query }).toString();
  if (form.dataset.endpoint === undefined) address.hash = part;
  else address.search = part;
  return address.href;
}

function addButtons(form, editor, engine) {
  const row = document.getElementById("sparql-buttons") ?? form;
  const said = element("span", { role: "status", class: "small soft" });
  const share = element("button", { type: "button", class: "btn" }, words.editor.share);
  share.addEventListener("click", async () => {
    const address = addressOf(editor.text, form);
    history.replaceState(history.state, "", form.dataset.endpoint === undefined ? address : new URL(address).search);
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = words.editor.shared;
    } catch {
      said.textContent = words.editor.sharedHere;
    }
    setTimeout(() => (said.textContent = ""), 4000);
  });
  const stop = element("button", { type: "button", class: "btn", hidden: true, click: () => engine.stop() }, words.editor.stop);
  row.append(stop, share, said);
  const notes = [words.editor.keys];
  const { dump, dumpBytes } = form.dataset;
  if (dump && dumpBytes) {
    const mega = (bytes) => `${(bytes / 1e6).toLocaleString(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 })} MB`;
    notes.push(fill(words.editor.first, { size: mega(Number(dumpBytes)), program: mega(PROGRAM_BYTES) }));
  }
  row.after(...notes.map((note) => element("p", { class: "small soft" }, note)));
  return stop;
}

function fillHistory(place, editor, again) {
  if (!place) return;
  const entries = readHistory();
  place.hidden = !entries.length;
  const open = place.querySelector("details")?.open ?? false;
  const items = entries.map((entry) => {
    const text = entry.query.replace(/^\s*(?:PREFIX[^\n]*\n|#[^\n]*\n|\s)*/i, "").replace(/\s+/g, " ").slice(0, 90) || entry.query.slice(0, 90);
    const asked = new Date(entry.asked);
    const time = Number.isNaN(asked.getTime()) ? "" : asked.toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
    return element("li", {}, element("button", { type: "button", class: "quiet", click: () => (editor.text = entry.query) }, text), " ", element("small", { class: "soft" }, time));
  });
  const clear = element("button", { type: "button", class: "btn", click: () => (forget(), again()) }, words.editor.forget);
  place.replaceChildren(
    element(
      "details",
      { open },
      element("summary", {}, fill(words.editor.history, { count: entries.length })),
      element("p", { class: "small soft" }, words.editor.historyNote),
      element("ul", { class: "plain" }, ...items),
      clear,
    ),
  );
}

/** Links to saved queries fill the editor and run; opened in a new tab they lead to their pages as before. */
function connectSaved(saved, run) {
  for (const link of document.querySelectorAll("[data-query]")) {
    const query = saved[link.dataset.query];
    if (!query) continue;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      document.querySelectorAll("[data-query][aria-current]").forEach((other) => other.removeAttribute("aria-current"));
      link.setAttribute("aria-current", "true");
      run(query);
    });
  }
}
