/* Light or dark: loaded before the page is painted, so that it never flashes in the wrong one. */
"use strict";

{
  const key = "etude.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is switched off: the system's choice holds
    }
  };
  const isDark = () => (chosen() ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
  };
  const toggle = () => {
    try {
      localStorage.setItem(key, isDark() ? "light" : "dark");
    } catch {
      return;
    }
    show();
  };
  show();
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", toggle);
    show();
  });
}
