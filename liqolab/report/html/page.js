"use strict";
// Everything can be read without this script; it finds, filters, folds and copies.
(() => {
  const controls = document.getElementById("controls");
  const find = document.getElementById("find");
  const hits = document.getElementById("hits");
  const scenarios = [...document.querySelectorAll("details.scenario")];
  const features = [...document.querySelectorAll("section.feature")];
  const texts = new Map();

  // Texts are read when somebody searches, not when the page opens: there may be a thousand scenarios.
  const text = (scenario) => {
    if (!texts.has(scenario)) texts.set(scenario, scenario.textContent.toLowerCase());
    return texts.get(scenario);
  };

  const filter = () => {
    const wanted = find.value.trim().toLowerCase();
    const statuses = new Set([...controls.querySelectorAll("[name=status]:checked")].map((box) => box.value));
    let shown = 0;
    for (const scenario of scenarios) {
      const fits = statuses.has(scenario.dataset.status) && (!wanted || text(scenario).includes(wanted));
      scenario.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const feature of features) feature.hidden = !feature.querySelector("details.scenario:not([hidden])");
    hits.textContent = shown === scenarios.length ? "" : `${shown} of ${scenarios.length} scenarios`;
  };

  let waiting = 0;
  find.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(filter);
  });
  controls.addEventListener("change", filter);
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", () => {
    for (const scenario of scenarios) if (!scenario.hidden) scenario.open = true;
  });
  document.getElementById("fold").addEventListener("click", () => {
    for (const scenario of scenarios) scenario.open = false;
  });
  controls.hidden = false;

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea")) return;
    event.preventDefault();
    find.focus();
  });

  // A link to a scenario opens it, whatever hides it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!(target instanceof HTMLDetailsElement)) return;
    target.hidden = false;
    target.closest("section.feature").hidden = false;
    target.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  const addCopier = (block) => {
    const button = document.createElement("button");
    const words = block.textContent;
    button.type = "button";
    button.className = "copier";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(words);
        button.textContent = "Copied";
      } catch {
        // Pages from a file may not be allowed to; select it, so that one key is left to press.
        getSelection().selectAllChildren(block.querySelector("code") ?? block);
        button.textContent = "Selected";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    const frame = document.createElement("div");
    frame.className = "frame";
    block.replaceWith(frame);
    frame.append(block, button);
  };
  const addCopiers = (root) => root.querySelectorAll("pre.copy").forEach(addCopier);
  document.querySelectorAll("article").forEach(addCopiers);
  // Those of a scenario when it is opened for the first time (an open one is told of, too).
  for (const scenario of scenarios) scenario.addEventListener("toggle", () => addCopiers(scenario), { once: true });

  // What is folded would be missing on paper.
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details:not([open])")) {
      each.open = true;
      opened.push(each);
    }
  });
  addEventListener("afterprint", () => {
    for (const each of opened.splice(0)) each.open = false;
  });
})();
