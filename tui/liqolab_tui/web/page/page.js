"use strict";
// textual.js marks the body: "-first-byte" when the terminal shows something, "-closed" when its connection is gone.
// The keys belong to the terminal in between, and to the button afterwards.
{
  const again = document.querySelector(".closed button");
  let marks = "";
  new MutationObserver(() => {
    if (document.body.className === marks) return;
    marks = document.body.className;
    if (document.body.classList.contains("-closed")) again.focus();
    else if (document.body.classList.contains("-first-byte")) document.querySelector(".xterm-helper-textarea").focus();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  again.addEventListener("click", () => window.location.reload());
}
