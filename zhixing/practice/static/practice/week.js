/* The week page: hands in at once where there is a network, keeps on the phone where there is none. Without this script
   the form is an ordinary form. */
(function () {
  "use strict";
  var form = document.querySelector("[data-week]"), queue = window.ZxWeek;
  if (!form || !window.indexedDB || !window.fetch) return;
  var said = document.querySelector("[data-week-said]"), list = document.querySelector("[data-week-queue]");
  var net = document.querySelector("[data-week-net]"), where = document.querySelector("[data-week-where]");
  var shell = form.dataset.shell === "1";

  function number() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.prototype.map.call(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function device() {
    try {
      var name = localStorage.getItem("zx-device");
      if (!name) { name = number(); localStorage.setItem("zx-device", name); }
      return name;
    } catch (fault) { return ""; }
  }

  function iso(day) {
    return day.getFullYear() + "-" + ("0" + (day.getMonth() + 1)).slice(-2) + "-" + ("0" + day.getDate()).slice(-2);
  }

  function say(text, tone) {
    said.textContent = text;
    said.className = "zx-note" + (tone ? " zx-note--" + tone : "");
    said.hidden = !text;
  }

  function online() {
    net.hidden = false;
    net.textContent = navigator.onLine ? net.dataset.on : net.dataset.off;
    net.classList.toggle("zx-tag--ok", navigator.onLine);
    net.classList.toggle("zx-tag--gold", !navigator.onLine);
  }

  function pick(name, value) {
    Array.prototype.forEach.call(form.elements[name].length ? form.elements[name] : [form.elements[name]], function (radio) { radio.checked = radio.value === String(value); });
  }

  /* The page as it is kept knows nobody: weeks, place and last numbers come from the phone's own memory. */
  function fill(state) {
    if (!state || !state.placement) return;
    form.elements.placement.value = state.placement.id;
    where.textContent = state.placement.firm + " · " + state.placement.post;
    var last = state.weeks[0];
    if (last) {
      pick("mood", last.mood);
      form.elements.hours.value = Number(last.hours);
      form.elements.text.placeholder = last.text.slice(0, 60);
    }
    var box = document.querySelector("[data-week-mondays]"), today = new Date();
    var monday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - ((today.getDay() + 6) % 7));
    var before = new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() - 7);
    var handed = state.weeks.map(function (week) { return week.monday; });
    var offered = [before, monday].filter(function (day) { return iso(new Date(day.getFullYear(), day.getMonth(), day.getDate() + 6)) >= state.placement.starts_on; });
    var chosen = offered.filter(function (day) { return handed.indexOf(iso(day)) < 0; })[0] || monday;
    box.textContent = "";
    offered.forEach(function (day) {
      var label = document.createElement("label"), radio = document.createElement("input"), words = document.createElement("span");
      radio.type = "radio";
      radio.name = "monday";
      radio.value = iso(day);
      radio.checked = day === chosen;
      words.textContent = day === monday ? box.dataset["this"] : box.dataset.last;
      if (handed.indexOf(iso(day)) >= 0) {
        var mark = document.createElement("small");
        mark.textContent = box.dataset["in"];
        words.appendChild(mark);
      }
      label.appendChild(radio);
      label.appendChild(words);
      box.appendChild(label);
    });
  }

  function show() {
    return queue.all().then(function (rows) {
      list.hidden = !rows.length;
      list.textContent = "";
      rows.forEach(function (row) {
        var item = document.createElement("li"), words = document.createElement("span");
        words.textContent = row.monday + " · " + (row.fault ? said.dataset.refused + "：" + row.fault : said.dataset.waiting);
        item.appendChild(words);
        if (row.fault) {
          item.className = "is-bad";
          var drop = document.createElement("button");
          drop.type = "button";
          drop.className = "zx-btn zx-btn--ghost";
          drop.textContent = "×";
          drop.addEventListener("click", function () { queue.remove(row.client_id).then(show).catch(function () {}); });
          item.appendChild(drop);
        }
        list.appendChild(item);
      });
      return rows;
    });
  }

  /* A phone that says it has a network may not reach the college yet: what waits is tried again, each time later. */
  var pause = 0, turn = null;
  function later(told) {
    clearTimeout(turn);
    pause = told.waiting && !told.signIn && navigator.onLine ? Math.min(pause ? pause * 2 : 2000, 120000) : 0;
    if (pause) turn = setTimeout(quietly, pause);
  }

  /* Who asks while it is being sent waits for the same sending: it is told, and put off, once. */
  var sending = null;
  function send() {
    if (!sending) {
      sending = sent();
      sending.then(free, free);
    }
    return sending;
  }

  function free() { sending = null; }

  /* Where nobody waits for the answer: what could not be sent stays on the phone. */
  function quietly() { send().catch(function () {}); }

  function sent() {
    return queue.send().then(function (told) {
      later(told);
      return show().then(function () {
        if (told.sent.length) {
          var wrong = told.sent.some(function (each) { return each.code === false; });
          say(wrong ? said.dataset.code : said.dataset.sent, wrong ? "warning" : "success");
          refresh();
        } else if (told.signIn) {
          say(said.dataset.signIn, "warning");
        }
        return told;
      });
    });
  }

  /* What the phone remembers is renewed whenever there is a network. */
  function refresh() {
    return fetch(form.dataset.refresh, { credentials: "same-origin", headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) return null;
      return answer.json().then(function (state) {
        queue.token = state.csrf;
        delete state.csrf;
        if (shell) fill(state);
        return queue.keep("state", state);
      });
    }).catch(function () { return null; });
  }

  function located() {
    if (!form.elements.locate.checked || !navigator.geolocation) return Promise.resolve({});
    return new Promise(function (done) {
      navigator.geolocation.getCurrentPosition(function (found) {
        /* Rounded here already: the exact place never leaves the phone. */
        done({ longitude: Math.round(found.coords.longitude * 100) / 100, latitude: Math.round(found.coords.latitude * 100) / 100 });
      }, function () { done({}); }, { timeout: 4000, maximumAge: 600000 });
    });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (!form.reportValidity()) return;
    var monday = form.querySelector("[name=monday]:checked"), mood = form.querySelector("[name=mood]:checked");
    var button = form.querySelector("button.run-big");
    button.disabled = true;
    located().then(function (point) {
      var week = {
        client_id: number(),
        placement: Number(form.elements.placement.value),
        monday: monday ? monday.value : "",
        hours: Number(form.elements.hours.value),
        mood: mood ? Number(mood.value) : 0,
        text: form.elements.text.value,
        code: form.elements.code.value,
        written_at: new Date().toISOString(),
        device: device()
      };
      if (point.longitude !== undefined) { week.longitude = point.longitude; week.latitude = point.latitude; }
      /* First kept, then sent: what is written is not lost, whatever happens next. */
      return queue.put(week);
    }).then(function () {
      say(said.dataset.kept, "");
      return show();
    }).then(function () {
      if (navigator.serviceWorker && navigator.serviceWorker.controller) {
        navigator.serviceWorker.ready.then(function (ready) { if (ready.sync) ready.sync.register("zx-week").catch(function () {}); });
      }
      form.elements.code.value = "";
      form.elements.text.value = "";
      return send();
    }).then(function () { button.disabled = false; }, function () { button.disabled = false; });
  });

  window.addEventListener("online", function () {
    online();
    /* What was begun without a network fails, and has been put off by nobody: it is begun anew. */
    if (sending) sending.then(quietly, quietly); else quietly();
  });
  window.addEventListener("offline", online);
  document.addEventListener("visibilitychange", function () { if (!document.hidden && navigator.onLine) quietly(); });

  var meta = document.querySelector("meta[name=csrf-token]");
  if (!shell && meta) queue.token = meta.content;
  online();
  if (shell) {
    queue.kept("state").then(fill).catch(function () {});
    var code = new URLSearchParams(location.search).get("code");
    if (code) form.elements.code.value = code.slice(0, 6);
  } else {
    queue.keep("state", JSON.parse(form.dataset.state)).catch(function () {});
  }
  show().then(function (rows) { if (rows.length) quietly(); }).catch(function () {});

  if (navigator.serviceWorker) {
    navigator.serviceWorker.register(form.dataset.worker, { scope: form.dataset.scope }).then(function () {
      return navigator.serviceWorker.ready;
    }).then(function (ready) {
      var urls = performance.getEntriesByType("resource").map(function (each) { return each.name; }).filter(function (url) {
        return url.indexOf(location.origin + "/static/") === 0;
      });
      if (ready.active) ready.active.postMessage({ type: "keep", urls: urls });
    }).catch(function () {});
    navigator.serviceWorker.addEventListener("message", function (event) {
      if (event.data && event.data.type === "kept") document.documentElement.setAttribute("data-week-kept", "");
    });
  }
})();
