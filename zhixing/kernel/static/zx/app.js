/* Behaviour every page shares. Each part improves plain HTML that already works: links, forms, <details>, <dialog>. */
(function () {
  "use strict";
  var root = document.documentElement;
  var $ = function (selector, from) { return (from || document).querySelector(selector); };
  var $$ = function (selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); };
  var zx = (window.zx = window.zx || {});

  zx.csrf = function () {
    var meta = $('meta[name="csrf-token"]');
    if (meta && meta.content) return meta.content;
    var match = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return match ? decodeURIComponent(match[1]) : "";
  };

  /* Words come from the page, already in the reader's language. */
  zx.word = function (key) {
    var holder = $("#zx-words");
    return (holder && holder.getAttribute("data-" + key)) || "";
  };

  /* theme and mode */
  function keep(key, value) {
    try { window.localStorage.setItem(key, value); } catch (error) { /* the cookie below carries it */ }
    var safe = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = key + "=" + value + "; path=/; max-age=31536000; SameSite=Lax" + safe;
  }
  function paint() {
    var mode = root.getAttribute("data-zx-mode") || "auto";
    var dark = mode === "dark" || (mode === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
    $$("[data-zx-set-mode]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-zx-set-mode") === mode));
    });
    $$("[data-zx-set-theme]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-zx-set-theme") === root.getAttribute("data-zx")));
    });
    document.dispatchEvent(new CustomEvent("zx:theme"));
  }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

  /* messages */
  zx.toast = function (text, kind) {
    var box = $("#zx-toasts");
    if (!box || !text) return;
    var note = document.createElement("div");
    note.className = "zx-note zx-note--" + (kind || "info");
    note.setAttribute("role", kind === "error" ? "alert" : "status");
    var body = document.createElement("div");
    body.textContent = text;
    note.appendChild(body);
    var close = document.createElement("button");
    close.type = "button";
    close.className = "zx-note__close";
    close.setAttribute("data-zx-dismiss", "");
    close.setAttribute("aria-label", zx.word("close"));
    close.textContent = "×";
    note.appendChild(close);
    box.appendChild(note);
    if (kind !== "error") window.setTimeout(function () { note.remove(); }, 6000);
  };

  /* search: Ctrl+K or ⌘K */
  function openSearch() {
    var dialog = $("#zx-find");
    if (dialog && dialog.showModal) {
      if (!dialog.open) dialog.showModal();
      var input = $("input", dialog);
      input.focus();
      input.select();
      return true;
    }
    var field = $(".zx-top .zx-search input");
    if (field) field.focus();
    return Boolean(field);
  }
  function walkHits(event) {
    var dialog = $("#zx-find");
    if (!dialog || !dialog.open || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    var stops = [$("input", dialog)].concat($$("#zx-find-hits a", dialog));
    var at = stops.indexOf(document.activeElement);
    var next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  /* sidebar on phones */
  function side(open) {
    var panel = $("#zx-side");
    if (!panel) return;
    panel.classList.toggle("is-open", open);
    $$("[data-zx-side]").forEach(function (link) { link.setAttribute("aria-expanded", String(open)); });
    if (open) {
      var first = $(".zx-menu a, .zx-menu summary", panel);
      if (first) first.focus();
    } else if (window.location.hash === "#zx-side") {
      window.history.replaceState(null, "", window.location.pathname + window.location.search);
    }
  }

  /* questions before acts: data-confirm on a button or form */
  function ask(text, yes) {
    var dialog = $("#zx-confirm");
    if (!dialog || !dialog.showModal) {
      if (window.confirm(text)) yes();
      return;
    }
    $("[data-zx-confirm-text]", dialog).textContent = text;
    dialog.returnValue = "";
    dialog.onclose = function () { if (dialog.returnValue === "yes") yes(); };
    dialog.showModal();
  }
  zx.ask = ask;

  document.addEventListener("click", function (event) {
    var hit = function (selector) { return event.target.closest ? event.target.closest(selector) : null; };
    var el;
    if ((el = hit("[data-zx-set-mode]"))) {
      root.setAttribute("data-zx-mode", el.getAttribute("data-zx-set-mode"));
      keep("zx_mode", el.getAttribute("data-zx-set-mode"));
      paint();
    } else if ((el = hit("[data-zx-set-theme]"))) {
      root.setAttribute("data-zx", el.getAttribute("data-zx-set-theme"));
      keep("zx_theme", el.getAttribute("data-zx-set-theme"));
      paint();
    } else if ((el = hit("[data-zx-dismiss]"))) {
      var note = el.closest(".zx-note");
      if (note) note.remove();
    } else if ((el = hit("[data-zx-find]"))) {
      if (openSearch()) event.preventDefault();
    } else if ((el = hit("[data-zx-open]"))) {
      var dialog = document.getElementById(el.getAttribute("data-zx-open"));
      if (dialog && dialog.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
    } else if ((el = hit("[data-zx-close]"))) {
      var owner = el.closest("dialog");
      if (owner) {
        event.preventDefault();
        owner.close();
      }
    } else if ((el = hit("[data-zx-side]"))) {
      event.preventDefault();
      side(el.getAttribute("data-zx-side") === "open");
    } else if ((el = hit("[data-zx-print]"))) {
      window.print();
    } else if ((el = hit("[data-zx-copy]"))) {
      var source = document.getElementById(el.getAttribute("data-zx-copy"));
      if (source && navigator.clipboard) {
        navigator.clipboard.writeText(source.textContent.trim()).then(function () { zx.toast(zx.word("copied"), "success"); });
      }
    } else if ((el = hit("tr[data-href]")) && !hit("a, button, input, label, select, summary, details")) {
      if (!String(window.getSelection())) window.location.href = el.getAttribute("data-href");
    }
    $$("details.zx-drop[open]").forEach(function (open) { if (!open.contains(event.target)) open.open = false; });
    if (event.target.nodeName === "DIALOG" && event.target.classList.contains("zx-dialog")) event.target.close();
  });

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (openSearch()) event.preventDefault();
    } else if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.nodeName) && !event.target.isContentEditable) {
      if (openSearch()) event.preventDefault();
    } else if (event.key === "Escape") {
      var open = $("details.zx-drop[open]");
      if (open) {
        open.open = false;
        $("summary", open).focus();
      }
      if ($("#zx-side.is-open")) side(false);
    } else {
      walkHits(event);
    }
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    var button = event.submitter;
    var text = (button && button.getAttribute("data-confirm")) || form.getAttribute("data-confirm");
    if (text && !form.hasAttribute("data-confirmed")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(text, function () {
        form.setAttribute("data-confirmed", "");
        if (form.requestSubmit) form.requestSubmit(button || undefined);
        else form.submit();
        form.removeAttribute("data-confirmed");
      });
      return;
    }
    /* a double click sends once; a page brought back from the cache may send again */
    if (form.method === "post" && !form.hasAttribute("hx-post") && !form.hasAttribute("data-many")) {
      if (form.hasAttribute("data-sent")) event.preventDefault();
      form.setAttribute("data-sent", "");
    }
  }, true);
  window.addEventListener("pageshow", function () {
    $$("form[data-sent]").forEach(function (form) { form.removeAttribute("data-sent"); });
  });

  /* forms that send themselves: language, filters */
  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.hasAttribute("data-zx-submit")) {
      if (form.requestSubmit) form.requestSubmit();
      else form.submit();
    }
  });

  /* htmx */
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = zx.csrf();
    /* empty filters stay out of the address */
    if (event.detail.verb === "get" && event.detail.elt.hasAttribute("data-zx-clean")) {
      var given = event.detail.parameters;
      Object.keys(given).forEach(function (key) { if (given[key] === "" && given.delete) given.delete(key); else if (given[key] === "") delete given[key]; });
    }
  });
  var busy = 0;
  function load(step) {
    busy = Math.max(0, busy + step);
    var line = $("#zx-load");
    if (line) line.classList.toggle("is-on", busy > 0);
  }
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (!event.detail.elt.hasAttribute("data-zx-quiet")) load(1);
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (!event.detail.elt.hasAttribute("data-zx-quiet")) load(-1);
  });
  document.addEventListener("htmx:responseError", function () { zx.toast(zx.word("failed"), "error"); });
  document.addEventListener("htmx:sendError", function () { zx.toast(zx.word("offline"), "error"); });

  /* a list wider than its card scrolls in itself; others keep the page's scroll and a sticky header */
  function fit() {
    $$(".zx-scroll--list").forEach(function (box) {
      var table = $("table", box);
      box.classList.remove("is-wide");
      box.classList.toggle("is-wide", Boolean(table) && table.scrollWidth > box.clientWidth + 1);
    });
  }
  window.addEventListener("resize", fit);
  document.addEventListener("htmx:afterSettle", fit);

  function ready() {
    paint();
    fit();
    $$(".zx-toasts .zx-note").forEach(function (note) {
      if (!note.classList.contains("zx-note--error") && !note.classList.contains("zx-note--warning")) {
        window.setTimeout(function () { note.remove(); }, 7000);
      }
    });
    var here = $(".zx-menu [aria-current]");
    var menu = $(".zx-menu");
    if (here && here.offsetTop + 60 > menu.clientHeight + menu.offsetTop) menu.scrollTop = here.offsetTop - menu.clientHeight / 2;
    var wrong = $(".is-invalid");
    if (wrong) wrong.focus();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
