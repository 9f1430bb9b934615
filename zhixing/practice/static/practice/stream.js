/* Journals in a stream: 1 read, 2 well done, 3 talk it over, n next. Keys typed into the comment stay there. */
(function () {
  "use strict";
  var form = document.querySelector("[data-stream]");
  if (!form) return;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    var field = event.target.closest && event.target.closest("input, textarea, select");
    if (field) {
      if (event.key === "Escape") field.blur();
      return;
    }
    var button = form.querySelector('[data-key="' + event.key.toLowerCase() + '"]') || document.querySelector('a[data-key="' + event.key.toLowerCase() + '"]');
    if (event.key.toLowerCase() === "c") {
      event.preventDefault();
      form.elements.comment.focus();
    } else if (button) {
      event.preventDefault();
      button.click();
    }
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-word]"), function (chip) {
    chip.addEventListener("click", function () {
      form.elements.comment.value = chip.dataset.word;
      form.elements.comment.focus();
    });
  });
})();
