/* Components for the Alpine build that needs no eval: registered here, used by name in templates (x-data="zxBulk"). */
document.addEventListener("alpine:init", function () {
  "use strict";
  var Alpine = window.Alpine;
  var zx = window.zx;

  /* Picked rows of a list and how many; the bar shows itself when something is picked. */
  Alpine.data("zxBulk", function () {
    return {
      count: 0,
      action: "",
      init: function () { this.update(); },
      boxes: function () { return Array.prototype.slice.call(this.$root.querySelectorAll("input[data-pick]")); },
      update: function () {
        var boxes = this.boxes();
        this.count = boxes.filter(function (box) { return box.checked; }).length;
        boxes.forEach(function (box) { box.closest("tr").classList.toggle("is-picked", box.checked); });
        var all = this.$root.querySelector("input[data-pick-all]");
        if (all) {
          all.checked = this.count > 0 && this.count === boxes.length;
          all.indeterminate = this.count > 0 && this.count < boxes.length;
        }
      },
      all: function (event) {
        var on = event.target.checked;
        this.boxes().forEach(function (box) { box.checked = on; });
        this.update();
      },
      none: function () {
        this.boxes().forEach(function (box) { box.checked = false; });
        this.update();
      },
      get some() { return this.count > 0; },
    };
  });

  /* Column chooser: the chosen keys go into the address as `columns`, so that export gives the same columns. */
  Alpine.data("zxColumns", function () {
    return {
      apply: function () {
        var keys = Array.prototype.map.call(this.$root.querySelectorAll("input[name=columns]:checked"), function (box) { return box.value; });
        var url = new URL(window.location.href);
        url.searchParams.delete("columns");
        url.searchParams.delete("page");
        keys.forEach(function (key) { url.searchParams.append("columns", key); });
        window.location.href = url.toString();
      },
    };
  });

  /* A form that saves itself to data-autosave 800 ms after the last change and says when. */
  Alpine.data("zxAutosave", function () {
    return {
      state: "",
      at: "",
      timer: 0,
      dirty: false,
      leave: null,
      init: function () {
        var self = this;
        this.leave = function (event) { if (self.dirty) event.preventDefault(); };
        window.addEventListener("beforeunload", this.leave);
        this.$root.addEventListener("submit", function () { self.dirty = false; window.clearTimeout(self.timer); });
      },
      destroy: function () { window.removeEventListener("beforeunload", this.leave); },
      changed: function (event) {
        if (event.target.type === "file" || !this.$root.getAttribute("data-autosave")) return;
        this.dirty = true;
        this.state = "waiting";
        window.clearTimeout(this.timer);
        var self = this;
        this.timer = window.setTimeout(function () { self.save(); }, 800);
      },
      save: function () {
        var self = this;
        var data = new FormData(this.$root);
        Array.from(data.entries()).forEach(function (pair) { if (pair[1] instanceof File) data.delete(pair[0]); });
        this.state = "saving";
        window.fetch(this.$root.getAttribute("data-autosave"), {
          method: "POST",
          body: data,
          headers: { "X-CSRFToken": zx.csrf(), "X-Requested-With": "fetch", Accept: "application/json" },
          credentials: "same-origin",
        }).then(function (answer) {
          if (!answer.ok) throw new Error(String(answer.status));
          self.dirty = false;
          self.state = "saved";
          self.at = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
        }).catch(function () { self.state = "failed"; });
      },
      get text() {
        var word = zx.word("draft-" + this.state);
        return this.state === "saved" ? word + " " + this.at : word;
      },
      get shown() { return this.state !== ""; },
    };
  });

  /* Choices that depend on another field: data-depends="province" data-choices="/choices/city?province=". */
  Alpine.data("zxDependent", function () {
    return {
      init: function () {
        var select = this.$root.querySelector("select[data-depends]");
        if (!select) return;
        var source = document.getElementsByName(select.getAttribute("data-depends"))[0];
        if (!source) return;
        source.addEventListener("change", function () {
          window.fetch(select.getAttribute("data-choices") + encodeURIComponent(source.value), { credentials: "same-origin", headers: { Accept: "application/json" } })
            .then(function (answer) { return answer.ok ? answer.json() : Promise.reject(answer.status); })
            .then(function (list) {
              var keep = select.value;
              while (select.options.length > 1) select.remove(1);
              list.forEach(function (item) { select.add(new Option(item.label, item.value, false, String(item.value) === keep)); });
            })
            .catch(function () { zx.toast(zx.word("failed"), "error"); });
        });
      },
    };
  });

  /* File drop: names and sizes shown, several files as the input allows; too big is said before sending. */
  Alpine.data("zxDrop", function () {
    return {
      names: "",
      over: false,
      wrong: "",
      enter: function () { this.over = true; },
      exit: function () { this.over = false; },
      picked: function () {
        this.over = false;
        var input = this.$root.querySelector("input[type=file]");
        var limit = Number(input.getAttribute("data-max-bytes") || 0);
        var files = Array.prototype.slice.call(input.files || []);
        this.wrong = limit && files.some(function (file) { return file.size > limit; }) ? zx.word("too-big") : "";
        this.names = files.map(function (file) {
          var size = file.size < 1048576 ? Math.max(1, Math.round(file.size / 1024)) + " KB" : (file.size / 1048576).toFixed(1) + " MB";
          return file.name + " · " + size;
        }).join("；");
        var form = input.form;
        if (files.length && !this.wrong && form && form.hasAttribute("data-send-at-once")) form.requestSubmit();
      },
      get has() { return this.names !== ""; },
      get empty() { return this.names === ""; },
      get bad() { return this.wrong !== ""; },
      get css() { return this.over ? "is-over" : ""; },
    };
  });

  /* A box with suggestions asks with what is typed in it; several lines ask with the last one. */
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt.hasAttribute && event.detail.elt.hasAttribute("data-zx-picker")) {
      event.detail.parameters = { q: event.detail.elt.value };
    }
  });

  /* Tick boxes of a group, all at once. */
  Alpine.data("zxTickAll", function () {
    return {
      all: function (event) {
        var on = event.target.checked;
        this.$root.querySelectorAll("input[data-tick]").forEach(function (box) { box.checked = on; });
      },
    };
  });
});
