/* The week page's service worker: the empty page and what it is drawn with stay on the phone; nobody's data does. */
importScripts("{{ queue|escapejs }}");
(function () {
  "use strict";
  var SHELL = "{{ shell|escapejs }}", CACHE = "zx-week-1";

  self.addEventListener("install", function (event) {
    self.skipWaiting();
    event.waitUntil(keepShell());
  });
  self.addEventListener("activate", function (event) {
    event.waitUntil(caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) { return name.indexOf("zx-week-") === 0 && name !== CACHE; }).map(function (name) { return caches.delete(name); }));
    }).then(function () { return self.clients.claim(); }));
  });

  function keepShell() {
    return fetch(SHELL, { credentials: "same-origin", redirect: "error" }).then(function (answer) {
      if (!answer.ok) return null;
      return caches.open(CACHE).then(function (cache) { return cache.put(SHELL, answer); });
    }).catch(function () { return null; });
  }

  /* The page tells what it was drawn with, so that all of it is there without a network. */
  self.addEventListener("message", function (event) {
    if (!event.data || event.data.type !== "keep") return;
    event.waitUntil(Promise.all([keepShell(), caches.open(CACHE).then(function (cache) {
      return Promise.all(event.data.urls.map(function (url) {
        return cache.match(url).then(function (kept) { return kept || cache.add(url).catch(function () { return null; }); });
      }));
    })]).then(function () { if (event.source) event.source.postMessage({ type: "kept" }); }));
  });

  self.addEventListener("fetch", function (event) {
    var request = event.request, url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) return;
    if (request.mode === "navigate") {
      event.respondWith(fetch(request).catch(function () {
        return caches.match(SHELL).then(function (kept) { return kept || Response.error(); });
      }));
      return;
    }
    if (url.pathname.indexOf("/static/") !== 0) return;
    event.respondWith(fetch(request).then(function (answer) {
      if (answer.ok) {
        var copy = answer.clone();
        event.waitUntil(caches.open(CACHE).then(function (cache) { return cache.put(request, copy); }));
      }
      return answer;
    }).catch(function () { return caches.match(request).then(function (kept) { return kept || Response.error(); }); }));
  });

  self.addEventListener("sync", function (event) {
    if (event.tag === "zx-week") event.waitUntil(self.ZxWeek.send());
  });
})();
