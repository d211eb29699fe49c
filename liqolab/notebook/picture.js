// The page side of the living picture. It keeps its elements and changes what is in them, so that the focus stays where
// a person has put it; what happens is also said in a region that screen readers read out.

const ASKS = ["check", "hint", "solve", "reset"];
const SURE = { solve: "sure_solve", reset: "sure_reset" };

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function row(light) {
  const sign = make("span", { class: "sign", "aria-hidden": "true" }, light.sign);
  const word = make("span", { class: "word" }, light.word);
  return make("li", { class: `light ${light.state}` }, sign, make("span", {}, light.text), word);
}

/* A question in the place of the buttons: dialogs of the browser are not to be had in every notebook. */
function ask(words, key, buttons, asked, answer) {
  const yes = make("button", { type: "button", class: "strong" }, words.yes);
  const no = make("button", { type: "button" }, words.no);
  const question = make("div", { role: "alertdialog", "aria-label": words[SURE[key]], class: "question" }, words[SURE[key]], yes, no);
  const end = sure => { question.replaceWith(buttons); asked.focus(); if (sure) answer(); };
  yes.addEventListener("click", () => end(true));
  no.addEventListener("click", () => end(false));
  question.addEventListener("keydown", event => { if (event.key === "Escape") end(false); });
  buttons.replaceWith(question);
  no.focus();
}

function render({ model, el }) {
  const words = model.get("words");
  const heading = make("p", { class: "heading" });
  const now = make("div");
  const goal = make("div");
  const summary = make("summary");
  const differences = make("ul", { class: "differences" });
  const leads = make("details", { class: "leads" }, summary, differences, goal);
  const lights = make("ul", { class: "lights", "aria-label": words.tasks });
  const busy = make("p", { class: "busy quiet", role: "status", "aria-live": "polite" });
  const said = make("div", { class: "told", role: "status", "aria-live": "polite" });
  const buttons = make("div", { class: "buttons", role: "toolbar", "aria-label": words.label });
  for (const key of ASKS) {
    const button = make("button", { type: "button", "data-do": key, ...(key === "check" ? { class: "strong" } : {}) }, words[key]);
    const send = () => model.send({ do: key });
    button.addEventListener("click", () => (SURE[key] ? ask(words, key, buttons, button, send) : send()));
    buttons.append(button);
  }
  const figure = make("figure", {}, make("figcaption", {}, words.now), now);
  const side = make("div", { class: "side" }, lights, buttons, busy, said);
  const frame = make("section", { class: "liqolab picture", "aria-label": words.label }, heading, figure, side, leads);
  // Keys are for what has the focus, and not for the notebook around it.
  frame.addEventListener("keydown", event => event.stopPropagation());
  el.replaceChildren(frame);

  const put = (element, html) => { if (element.shown !== html) { element.shown = html; element.innerHTML = html; } };
  const see = () => {
    const view = model.get("view");
    if (!view.id) return;
    frame.dataset.step = view.id;
    heading.textContent = view.step;
    put(now, view.now);
    put(goal, view.goal);
    lights.replaceChildren(...view.lights.map(row));
    const count = view.differences.length;
    summary.textContent = `${words.goal} · ${view.told}${count ? ` (${count})` : ""}`;
    differences.replaceChildren(...view.differences.map(text => make("li", {}, text)));
  };
  const hear = () => put(said, model.get("said"));
  const work = () => {
    const doing = model.get("busy");
    busy.textContent = doing;
    frame.classList.toggle("working", Boolean(doing));
  };
  model.on("change:view", see);
  model.on("change:said", hear);
  model.on("change:busy", work);
  see();
  hear();
  work();
  return () => { model.off("change:view", see); model.off("change:said", hear); model.off("change:busy", work); };
}

export default { render };
