// Sets the reader's theme before the first paint; the button appears once the page is there.
(function () {
  "use strict";
  const root = document.documentElement;
  const order = ["auto", "light", "dark"];
  const signs = { auto: "◐", light: "○", dark: "●" };
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be forbidden
    }
  };
  const apply = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  let theme = order.includes(stored()) ? stored() : "auto";
  apply(theme);

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const show = () => {
      button.setAttribute("aria-label", button.dataset[theme]);
      button.title = button.dataset[theme];
      button.textContent = signs[theme];
    };
    show();
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = order[(order.indexOf(theme) + 1) % order.length];
      apply(theme);
      show();
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // the choice then lasts for this page alone
      }
    });
  });
})();
