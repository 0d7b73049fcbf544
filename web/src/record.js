// The form for a record checks as it goes: what changes is sent, and what the checks say is put beside the fields.
const pause = 700;

/** Connect the form: after each change its state, its list of entries and what is said of fields are made anew. */
export function enhanceRecord(form) {
  let timer;
  let running;
  const check = async () => {
    if (!form.checkValidity()) return;
    running?.abort();
    running = new AbortController();
    const sent = new FormData(form);
    sent.set("do", "check");
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent, signal: running.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const made = page.getElementById(form.id);
      if (made) take(form, made);
    } catch {
      // The buttons still work; without an answer nothing changes.
    }
  };
  form.addEventListener("change", (event) => {
    if (event.target.id === "add") return;
    clearTimeout(timer);
    timer = setTimeout(check, pause);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    running?.abort();
  });
}

/** Take over what an answer says; what somebody is writing meanwhile stays. */
function take(form, made) {
  for (const name of ["text", "entry"]) form.elements[name].value = made.elements[name].value;
  for (const id of ["state", "entries", "turtle"]) {
    const [old, fresh] = [form, made].map((one) => one.querySelector(`#${id}`));
    if (old && fresh && old.innerHTML !== fresh.innerHTML && !old.contains(document.activeElement)) {
      old.replaceChildren(...fresh.childNodes);
    }
  }
  for (const fresh of made.querySelectorAll("fieldset.entry, [data-said='general']")) takeSaid(form, fresh);
}

/** What is said of one field; the page may show it elsewhere than the answer, so it is found by its property. */
function takeSaid(form, fresh) {
  const key = fresh.dataset.path;
  const old = key ? form.querySelector(`fieldset[data-path="${CSS.escape(key)}"]`) : form.querySelector("[data-said='general']");
  const place = old?.matches("[data-said]") ? old : old?.querySelector("[data-said]");
  const said = fresh.matches("[data-said]") ? fresh : fresh.querySelector("[data-said]");
  if (!place || !said) return;
  const list = said.querySelector("ul");
  place.replaceChildren(...(list ? [list] : []));
  if (list) list.id = place.dataset.said;
  const wrong = fresh.querySelector("[aria-invalid]") !== null;
  const hint = old.querySelector("p[id]")?.id ?? "";
  for (const input of old.querySelectorAll("[name^='v:']")) {
    input.toggleAttribute("aria-invalid", wrong);
    if (wrong) input.setAttribute("aria-invalid", "true");
    const described = [hint, list ? list.id : ""].filter(Boolean).join(" ");
    if (described) input.setAttribute("aria-describedby", described);
    else input.removeAttribute("aria-describedby");
  }
}
