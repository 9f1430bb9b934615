/* Before the first paint: which theme and which of light or dark. Loaded without `defer` on purpose, so nothing flashes. */
(function () {
  "use strict";
  var root = document.documentElement;
  function read(key) {
    try {
      return window.localStorage.getItem(key);
    } catch (error) {
      return null; // private windows refuse storage; the server's choice stands
    }
  }
  var mode = read("zx_mode") || root.getAttribute("data-zx-mode") || "auto";
  var dark = mode === "dark" || (mode === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-zx-mode", mode);
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  var theme = read("zx_theme");
  if (theme === "bihai" || theme === "lijin") root.setAttribute("data-zx", theme);
  root.classList.add("zx-js");
})();
