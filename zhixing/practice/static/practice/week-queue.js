/* What waits on this phone to be handed in: kept in IndexedDB, sent when there is a network, each with a number of its
   own so that the college keeps it once however often it arrives. Used by the page and by its service worker alike. */
(function (scope) {
  "use strict";
  var NAME = "zx-week", POST = "/api/v1/practice/my-week", STATE = "/practice/week/state/";

  function open() {
    return new Promise(function (done, fail) {
      var asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = function () {
        asked.result.createObjectStore("queue", { keyPath: "client_id" });
        asked.result.createObjectStore("kept", { keyPath: "key" });
      };
      asked.onsuccess = function () { done(asked.result); };
      asked.onerror = function () { fail(asked.error); };
    });
  }

  function on(store, mode, act) {
    return open().then(function (base) {
      return new Promise(function (done, fail) {
        var turn = base.transaction(store, mode), asked = act(turn.objectStore(store));
        turn.oncomplete = function () { base.close(); done(asked && asked.result); };
        turn.onerror = turn.onabort = function () { base.close(); fail(turn.error); };
      });
    });
  }

  var api = {
    put: function (week) { return on("queue", "readwrite", function (store) { return store.put(week); }); },
    remove: function (id) { return on("queue", "readwrite", function (store) { return store.delete(id); }); },
    all: function () { return on("queue", "readonly", function (store) { return store.getAll(); }).then(function (rows) { return rows || []; }); },
    keep: function (key, value) { return on("kept", "readwrite", function (store) { return store.put({ key: key, value: value }); }); },
    kept: function (key) { return on("kept", "readonly", function (store) { return store.get(key); }).then(function (row) { return row ? row.value : null; }); },
    token: "",
    sending: null,
    /* Sends what waits. Answers with what became of each: {sent: [...], refused: [...], waiting: n, signIn: bool}. */
    send: function () {
      if (!api.sending) {
        api.sending = work().then(function (told) { api.sending = null; return told; }, function (fault) { api.sending = null; throw fault; });
      }
      return api.sending;
    }
  };

  function fresh() {
    return fetch(STATE, { credentials: "same-origin", headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok || (answer.headers.get("Content-Type") || "").indexOf("json") < 0) return null;
      return answer.json().then(function (state) { api.token = state.csrf; return state; });
    });
  }

  function post(week) {
    var said = {};
    Object.keys(week).forEach(function (name) { if (name !== "fault") said[name] = week[name]; });
    return fetch(POST, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": api.token },
      body: JSON.stringify(said)
    });
  }

  function one(week, told, again) {
    return post(week).then(function (answer) {
      if (answer.ok) {
        return answer.json().then(function (kept) {
          told.sent.push({ week: week, code: kept.code, fresh: kept.fresh });
          return api.remove(week.client_id);
        });
      }
      if (answer.status === 401 || answer.status === 403) {
        if (again) { told.signIn = true; told.waiting += 1; return null; }
        return fresh().then(function (state) {
          if (!state) { told.signIn = true; told.waiting += 1; return null; }
          return one(week, told, true);
        });
      }
      /* What the college refuses it refuses again; only a timeout or too many at once is a matter of waiting. */
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
        return answer.json().catch(function () { return {}; }).then(function (fault) {
          var words = [];
          Object.keys(fault.errors || {}).forEach(function (name) {
            [].concat(fault.errors[name]).forEach(function (each) { words.push(each.message || String(each)); });
          });
          week.fault = words.join(" ") || fault.detail || String(answer.status);
          told.refused.push(week);
          return api.put(week);
        });
      }
      told.waiting += 1;
      return null;
    });
  }

  function work() {
    var told = { sent: [], refused: [], waiting: 0, signIn: false };
    return api.all().then(function (rows) {
      /* What was refused waits for its writer, not for the network. */
      var turn = rows.filter(function (row) { return !row.fault; });
      told.refused = rows.filter(function (row) { return row.fault; });
      if (!turn.length) return told;
      var begin = api.token ? Promise.resolve() : fresh();
      return begin.then(function () {
        return turn.reduce(function (before, week) { return before.then(function () { return one(week, told, false); }); }, Promise.resolve());
      }).then(function () { return told; }, function () {
        /* No network after all. */
        return api.all().then(function (left) { told.waiting = left.filter(function (row) { return !row.fault; }).length; return told; });
      });
    });
  }

  scope.ZxWeek = api;
})(typeof self !== "undefined" ? self : this);
