/* A slider says its number while it is moved; without JavaScript it still sends it. */
(function () {
  "use strict";
  document.addEventListener("input", function (event) {
    if (!event.target.hasAttribute("data-slider")) return;
    var output = document.querySelector('output[for="' + event.target.id + '"]');
    if (output) output.textContent = event.target.value;
  });
})();
